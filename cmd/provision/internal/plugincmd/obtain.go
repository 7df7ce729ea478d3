package plugincmd

import (
	"context"
	"net"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

// obtained is a plugin's executable on this machine.
type obtained struct {
	path string
	from string // for the record; empty is path
	temp string // a folder to delete once the plugin is installed; may be empty
}

func (o obtained) remove() {
	if o.temp != "" {
		_ = os.RemoveAll(o.temp)
	}
}

// obtain returns the executable at a path, or downloads it from an address.
func (c *Install) obtain(ctx context.Context, from string, digest catalog.Digest) (obtained, error) {
	if !strings.Contains(from, "://") {
		return obtained{path: from}, nil
	}
	u, err := url.Parse(from)
	switch {
	case err != nil:
		return obtained{}, exit.Usagef("malformed address %q", redact.URL(from))
	case digest == "":
		return obtained{}, exit.Usagef("want --sha256 with an address: what comes from there is run")
	case u.User != nil:
		return obtained{}, exit.Usagef("want an address without credentials")
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost"):
		return obtained{path: localPath(u), from: from}, nil
	case u.Scheme == "https" && u.Host != "", u.Scheme == "http" && isLoopback(u.Hostname()):
		return c.download(ctx, u, digest)
	default:
		return obtained{}, exit.Usagef("want an address of https, http to this machine, or file:///, not %q",
			redact.URL(from))
	}
}

// localPath returns the path that a file's address names.
func localPath(u *url.URL) string {
	if runtime.GOOS == "windows" {
		return filepath.FromSlash(strings.TrimPrefix(u.Path, "/"))
	}
	return u.Path
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// download downloads the file at an address into a temporary folder.
func (c *Install) download(ctx context.Context, u *url.URL, digest catalog.Digest) (obtained, error) {
	temp, err := os.MkdirTemp("", "provision-plugin-")
	if err != nil {
		return obtained{}, err
	}
	o := obtained{from: redact.URL(u.String()), temp: temp}
	c.Notef("downloading %s", o.from)
	name := path.Base(u.Path)
	if catalog.ValidateID(name) != nil {
		name = "plugin"
	}
	result, err := transfer.Client{}.Get(ctx, transfer.Request{
		URL: u.String(), Dir: temp, Name: name, MaxSize: store.MaxSize, Digest: digest,
	})
	if err == nil {
		err = os.Chmod(result.Path, 0o700)
	}
	if err != nil {
		o.remove()
		return obtained{}, err
	}
	o.path = result.Path
	return o, nil
}
