package localbuild

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
)

// asBuilder tells playBuilder what to do.
const asBuilder = "PROVISION_TEST_AS_BUILDER"

// played asks for a build by this test binary, which does what playBuilder says. More options are laid over those.
func played(t *testing.T, do string, more with) provisioner.Query {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	options := with{
		"source": "dir", "dir": write(t, files{"source": "source"}), "builder": "command",
		"commands": []string{"'" + self + "'"}, "output": "made", "env": map[string]string{asBuilder: do},
	}
	for name, value := range more {
		options[name] = value
	}
	return query(t, options)
}

// playBuilder is a build in the working folder.
func playBuilder(do string) int {
	verb, rest, _ := strings.Cut(do, " ")
	switch verb {
	case "print": // this text, and fail
		fmt.Println(rest)
		return 1
	case "say":
		fmt.Println(rest)
		return 0
	case "make": // a file of this name, with that content
		name, content, _ := strings.Cut(rest, " ")
		return exitCode(os.WriteFile(name, []byte(content), 0o755))
	case "environment":
		return exitCode(os.WriteFile("made", []byte(strings.Join(os.Environ(), "\n")), 0o755))
	case "copy": // one file to another, if it is there
		from, to, _ := strings.Cut(rest, " ")
		content, err := os.ReadFile(from)
		if err != nil {
			return 0
		}
		return exitCode(os.WriteFile(to, content, 0o755))
	case "fill": // a disk, where there is one that is full from the beginning
		if err := os.WriteFile("/dev/full", []byte("x"), 0o644); errors.Is(err, syscall.ENOSPC) {
			return exitCode(err)
		}
		return exitCode(syscall.ENOSPC)
	case "sleep":
		time.Sleep(time.Hour)
		return 0
	case "change": // this file, which is the user's
		return max(exitCode(os.WriteFile(rest, []byte("changed"), 0o644)), exitCode(os.WriteFile("made", []byte("x"), 0o755)))
	case "compile": // tell the address which process group this is in, and hang
		return hang(rest)
	case "compiler": // start a compiler and wait for it
		return exitCode(compiler(rest).Run())
	case "daemon": // start a compiler that leaves the group where that is possible, wait until it runs, and end
		return daemon(rest)
	default:
		return 2
	}
}

func exitCode(err error) int {
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func compiler(address string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asBuilder+"=compile "+address)
	return cmd
}

func hang(address string) int {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 1
	}
	io.WriteString(conn, describeProcess())
	fmt.Println("compiling") // to the daemon, which may be gone
	time.Sleep(time.Hour)
	return 0
}

func daemon(address string) int {
	cmd := compiler(address)
	leave(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		return 1
	}
	cmd.Stderr = os.Stderr // it holds the build's output open
	if _, err := io.ReadFull(out, make([]byte, 9)); err != nil {
		return 1
	}
	return exitCode(os.WriteFile("made", []byte("x"), 0o755))
}
