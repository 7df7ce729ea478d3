//go:build unix

package builtin

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
)

// beVendor makes the test binary a third party's vendor that is honest, or goes wrong in a way that its arguments tell.
func beVendor(way, outside string) {
	switch way {
	case "garbage":
		fmt.Println("hello, world")
		time.Sleep(time.Hour)
	case "old":
		fmt.Println("1|99|unix|" + os.Getenv("PLUGIN_UNIX_SOCKET_DIR") + "/x|grpc|")
		time.Sleep(time.Hour)
	case "mute and gone":
		os.Exit(0)
	default:
		plugins.Serve(scriptedVendor{way, outside})
	}
}

// scriptedVendor offers a script: version 1.0.0 if it is honest, 2.0.0 if not.
type scriptedVendor struct{ way, outside string }

const workerScript = "#!/bin/sh\necho worker\n"

func (v scriptedVendor) Describe(context.Context) (provisioner.Description, error) {
	needs := provisioner.Needs{
		Network: v.way == "second port" || v.way == "first port",
		Env:     []string{"DECLARED", "UNGRANTED"},
	}
	if v.way == "read" {
		needs.ReadPaths = []string{"/nothing"}
	}
	return provisioner.Description{Name: "acme", Version: "1.0.0", Needs: needs}, nil
}

func (v scriptedVendor) Resolve(_ context.Context, _ provisioner.Query) (provisioner.Resolution, error) {
	release := provisioner.Release{
		Version:   catalog.MustVersion("2.0.0"),
		Integrity: catalog.Published,
		Files: []provisioner.File{{
			Name: "worker", Size: int64(len(workerScript)), Digest: catalog.Digest(fmt.Sprintf("sha256:%x",
				sha256.Sum256([]byte(workerScript)))),
		}},
	}
	answer := provisioner.Resolution{Releases: []provisioner.Release{release}}
	switch v.way {
	case "honest":
		answer.Releases[0].Version = catalog.MustVersion("1.0.0")
	case "panic":
		panic("the moon is full")
	case "hang":
		time.Sleep(time.Hour)
	case "exit":
		os.Exit(3)
	case "oversized":
		answer.Releases[0].Ref = strings.Repeat("x", 5<<20)
	case "many":
		answer.Rejected = make([]provisioner.Rejection, 10_001)
	case "wrong digest":
		answer.Releases[0].Files[0].Digest = catalog.Digest("sha256:" + strings.Repeat("0", 64))
	}
	return answer, nil
}

func (v scriptedVendor) Fetch(_ context.Context, req provisioner.FetchRequest) (provisioner.Fetched, error) {
	path := filepath.Join(req.Dir, "worker")
	fetched := provisioner.Fetched{Files: []string{"worker"}}
	err := os.WriteFile(path, []byte(workerScript), 0o600)
	replace := func(err error) error { _ = os.Rename(path+".new", path); return err }
	switch v.way {
	case "flood":
		for i := range 300_000 {
			req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "worker", Done: int64(i)})
		}
		panic("and then it dies")
	case "exit while fetching":
		os.Exit(3)
	case "hang while fetching":
		time.Sleep(time.Hour)
	case "repeat itself":
		for {
			req.Report(provisioner.Progress{Phase: provisioner.Downloading, File: "worker", Done: 1, Total: 2})
			time.Sleep(100 * time.Millisecond)
		}
	case "change afterwards":
		go func() {
			for {
				_ = os.WriteFile(path, []byte("#!/bin/sh\necho evil\n"), 0o600)
			}
		}()
	case "child changes afterwards":
		err = exec.Command("/bin/sh", "-c", `sleep 0.01; while :; do echo evil >"$0"; done`, path).Start()
	case "absolute path":
		fetched.Files = []string{v.outside}
	case "path upwards":
		fetched.Files = []string{"../../../worker"}
	case "nothing brought":
		err = os.Remove(path)
	case "too few":
		fetched.Files = nil
	case "symlink":
		err = replace(os.Symlink(v.outside, path+".new"))
	case "pipe":
		err = replace(syscall.Mkfifo(path+".new", 0o600))
	case "folder":
		err = os.Remove(path)
		_ = os.Mkdir(path, 0o700)
	case "hard link":
		err = replace(os.Link(v.outside, path+".new"))
	case "device":
		err = replace(syscall.Mknod(path+".new", syscall.S_IFCHR, 1<<8|3))
	case "write":
		err = os.WriteFile(v.outside+".new", nil, 0o600)
	case "child writes":
		err = exec.Command("/bin/sh", "-c", `echo x >"$0.new"`, v.outside).Run()
	case "read":
		_, err = os.ReadFile(strings.TrimSuffix(v.outside, ".not"))
	case "first port", "second port":
		var conn net.Conn
		if conn, err = net.Dial("tcp", v.outside); err == nil {
			conn.Close()
		}
	case "environment":
		fetched.Details = map[string]string{"environment": strings.Join(os.Environ(), "\n")}
	}
	if err != nil {
		err = provisioner.Errorf(provisioner.BadPayload, "denied: %w", err) // so that the next one is tried
	}
	return fetched, err
}
