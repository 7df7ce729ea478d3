package builtin

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// baseVariables are handed on to every vendor: without them a process can't make a socket on Windows.
var baseVariables = []string{"SYSTEMROOT"}

// vendors starts a process for each operation of a vendor: the program itself for a built-in one, else what is configured.
type vendors struct {
	configured map[string]config.Vendor
	schemas    map[string]provisioner.Description
	grants     grants
}

var _ provisioner.Vendors = vendors{}

// Open implements provisioner.Vendors.
func (v vendors) Open(ctx context.Context, name string, folders provisioner.Folders) (provisioner.Vendor, error) {
	cfg := v.configured[name]
	if cfg.Command != "" {
		return v.openConfigured(ctx, name, folders)
	}
	if _, ok := constructors[name]; !ok {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "vendor %q is neither built in nor configured", name)
	}
	if !mainCalled.Load() {
		return nil, &provisioner.Error{Kind: provisioner.PluginFault, Message: ErrNoMain.Error(), Err: ErrNoMain,
			Hint: "call builtin.Main() as the first thing in main"}
	}
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's executable: %w", err)
	}
	command := v.grants.grant(plugins.Command{Name: name, Path: self}, v.schemas[name], builtIn(cfg), folders)
	command.Env = append(command.Env, vendorVariable+"="+name)
	return plugins.Launch(ctx, command)
}

// openConfigured starts a third party's vendor. What it needs it tells first, in a process that gets nothing: only what it declares
// can be granted.
func (v vendors) openConfigured(ctx context.Context, name string, folders provisioner.Folders) (provisioner.Vendor, error) {
	cfg := v.configured[name]
	if err := checkDigest(cfg); err != nil {
		return nil, err
	}
	command := plugins.Command{Name: name, Path: cfg.Command, Args: cfg.Args}
	description, known := v.schemas[name]
	if !known {
		var err error
		if description, err = v.grants.ask(ctx, command); err != nil {
			return nil, err
		}
	}
	return plugins.Launch(ctx, v.grants.grant(command, description, thirdParty(cfg), folders))
}

// environment returns the variables of the list that are set, as exec.Cmd takes them.
func environment(variables []string) []string {
	var env []string
	for _, name := range variables {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// executable is the path of the running program: on Linux the very file that runs, even if another has taken its place.
func executable() (string, error) {
	const running = "/proc/self/exe"
	if catalog.Current() == catalog.Linux {
		if _, err := os.Stat(running); err == nil {
			return running, nil
		}
	}
	return os.Executable()
}

// checkDigest holds a third party's executable against the digest in the configuration.
func checkDigest(cfg config.Vendor) error {
	if cfg.SHA256 == "" {
		return nil
	}
	f, err := os.Open(cfg.Command)
	if err != nil {
		return provisioner.Errorf(provisioner.PluginFault, "open plugin: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return provisioner.Errorf(provisioner.PluginFault, "read plugin: %w", err)
	}
	if have := catalog.DigestOf(h); have != cfg.SHA256 {
		return provisioner.Errorf(provisioner.PluginFault, "plugin %s was changed: it has %s, and %s is configured",
			cfg.Command, have, cfg.SHA256).WithHint("if you trust the new file, put its digest into the configuration")
	}
	return nil
}
