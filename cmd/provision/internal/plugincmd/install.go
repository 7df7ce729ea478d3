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

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/redact"
	"github.com/rbee-keeper/provision/vendors/transfer"
)

const installHelp = `Copy a plugin's executable into the catalog's folder and ask it to describe itself.

It is asked in a closed environment: no variables, no grants, an empty working folder, and the sandbox that --sandbox or
the configuration asks for. From then on the copy is started, and only while it has the digest that it has now. An
installed plugin of the same name is replaced.

  provision plugin install ./acme-vendor
  provision plugin install https://example.org/acme-vendor --sha256 9f86d0…

An address is https, http to this machine, or file, and needs --sha256.`

// Install installs a plugin.
type Install struct {
	*cli.Session
	SHA256 string // the digest that the executable must have, in hex digits; empty accepts any
}

// NewInstall returns the command `plugin install`.
func NewInstall(s *cli.Session) *cobra.Command {
	c := &Install{Session: s}
	cmd := &cobra.Command{
		Use:   "install PATH|URL",
		Short: "Install a plugin, or another version of it",
		Long:  installHelp,
		Args:  cli.ExactArgs(1, "the path or address of a plugin's executable"),
		RunE:  func(cmd *cobra.Command, args []string) error { return c.Run(cmd.Context(), args[0]) },
	}
	cmd.Flags().StringVar(&c.SHA256, "sha256", "", "`digest` that the executable must have, in hex digits")
	return cmd
}

// Run installs the executable at a path or an address.
func (c *Install) Run(ctx context.Context, from string) error {
	digest, err := c.digest()
	if err != nil {
		return err
	}
	plugins, err := c.Plugins()
	if err != nil {
		return err
	}
	mode, err := builtin.SandboxMode(c.Options(nil))
	if err != nil {
		return err
	}
	executable, err := c.obtain(ctx, from, digest)
	if err != nil {
		return err
	}
	defer executable.remove()
	if limits := sandbox.Available(sandbox.Rules{Mode: mode}); mode == sandbox.Auto && !limits.Files {
		c.Notef("the plugin is asked without a sandbox: %s", strings.Join(limits.Missing, "; "))
	}
	result, err := plugins.Install(ctx, store.Request{
		Path: executable.path, From: executable.from, Digest: digest, Sandbox: mode, Accept: c.accept,
	})
	if err != nil {
		return err
	}
	if digest == "" {
		c.Notef("no digest was given to check it against; for other machines: --sha256 %s", result.Digest.Hex())
	}
	c.Notef("installed plugin %s %s", result.Name(), result.Description.Version)
	info := newPluginInfo(c.Session, plugins, result.Record)
	if result.Replaced != nil {
		info.Replaced = result.Replaced.Description.Version
	}
	return info.print(c.Session)
}

// digest parses the flag; it is empty for an empty flag.
func (c *Install) digest() (catalog.Digest, error) {
	if c.SHA256 == "" {
		return "", nil
	}
	digest, err := catalog.ParseDigest("sha256:" + strings.TrimPrefix(c.SHA256, "sha256:"))
	if err != nil {
		return "", exit.Usagef("--sha256: want 64 hex digits, not %q", c.SHA256)
	}
	return digest, nil
}

// accept refuses a plugin with the name of another vendor.
func (c *Install) accept(d provisioner.Description) error {
	taken := provisioner.Errorf(provisioner.InvalidConfig, "install plugin: the name %s is taken", d.Name)
	if builtin.IsBuiltIn(d.Name) {
		return taken.WithHint("a built-in vendor has it; to run another executable in its place, configure it: "+
			"`vendors: {%s: {command: PATH}}`", d.Name)
	}
	cfg, err := builtin.Configuration(c.Options(nil))
	if err != nil {
		return nil // it may name this plugin, which is not installed yet
	}
	if v, ok := cfg.Vendors[d.Name]; ok && v.Command != "" {
		return taken.WithHint("the configuration gives it the command %s; remove that to use the plugin",
			strings.Join(append([]string{v.Command}, v.Args...), " "))
	}
	return nil
}

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
