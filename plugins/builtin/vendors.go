package builtin

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// vendors starts a process for each operation of a vendor: what is configured, the program itself for a built-in one,
// or else what is installed.
type vendors struct {
	configured map[string]config.Vendor
	builtIn    map[string]provisioner.Description
	plugins    *store.Store
	grants     grants
}

var _ provisioner.Vendors = vendors{}

// Open implements provisioner.Vendors.
func (v vendors) Open(ctx context.Context, name string, folders provisioner.Folders) (provisioner.Vendor, error) {
	switch cfg := trustIn(v.configured, name); {
	case cfg.isBuiltIn:
		return v.openBuiltIn(ctx, name, folders)
	case cfg.Command == "":
		return v.openInstalled(ctx, name, folders)
	case cfg.SHA256 == "":
		return v.openUnchecked(ctx, name, folders)
	default:
		return v.openConfigured(ctx, name, folders)
	}
}

// granted fills in what a third party's vendor gets of what it declares.
func (v vendors) granted(
	name string,
	command plugins.Command,
	d provisioner.Description,
	folders provisioner.Folders,
) plugins.Command {
	t := trustIn(v.configured, name)
	command.Name, command.Args = name, t.Args
	return v.grants.grant(command, d, t, folders)
}

// ask has a third party's vendor tell what it needs, in a process that gets nothing: only what it declares can be
// granted.
func (v vendors) ask(ctx context.Context, name string, command plugins.Command) (provisioner.Description, error) {
	command.Name, command.Args = name, v.configured[name].Args
	return v.grants.ask(ctx, command)
}

func (v vendors) openBuiltIn(
	ctx context.Context,
	name string,
	folders provisioner.Folders,
) (provisioner.Vendor, error) {
	if !mainCalled.Load() {
		return nil, &provisioner.Error{Kind: provisioner.PluginFault, Message: ErrNoMain.Error(), Err: ErrNoMain,
			Hint: "call builtin.Main() as the first thing in main"}
	}
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's executable: %w", err)
	}
	command := v.grants.grant(
		plugins.Command{Name: name, Path: self},
		v.builtIn[name],
		trustIn(v.configured, name),
		folders,
	)
	command.Env = append(command.Env, vendorVariable+"="+name)
	return plugins.Launch(ctx, command)
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

// openInstalled starts a plugin of the store. One that says something else of itself than when it was installed is not
// used: what the configuration was checked against would not hold.
func (v vendors) openInstalled(
	ctx context.Context,
	name string,
	folders provisioner.Folders,
) (provisioner.Vendor, error) {
	record, file, err := v.plugins.Open(name)
	if errors.Is(err, store.ErrNotInstalled) {
		return nil, provisioner.Errorf(
			provisioner.InvalidConfig,
			"vendor %q is neither built in, installed nor configured",
			name,
		)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p, err := plugins.Launch(ctx, v.granted(name, file.Command(), record.Description, folders))
	if err != nil {
		return nil, err
	}
	return holdTo(ctx, p, record.Description, "install it again: `%s`", record.InstallCommand())
}

// openUnchecked starts a plugin whose digest nobody configured: who may change its file may change what runs.
func (v vendors) openUnchecked(
	ctx context.Context,
	name string,
	folders provisioner.Folders,
) (provisioner.Vendor, error) {
	command := plugins.Command{Path: v.configured[name].Command}
	description, err := v.ask(ctx, name, command)
	if err != nil {
		return nil, err
	}
	return plugins.Launch(ctx, v.granted(name, command, description, folders))
}

// openConfigured starts a plugin with a configured digest, and remembers what it says of itself, to check the
// configuration by.
func (v vendors) openConfigured(
	ctx context.Context,
	name string,
	folders provisioner.Folders,
) (provisioner.Vendor, error) {
	cfg := v.configured[name]
	file, err := v.plugins.OpenCommand(cfg.Command, cfg.SHA256)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	known, ok := v.plugins.Known(cfg.SHA256)
	if !ok {
		if known, err = v.ask(ctx, name, file.Command()); err != nil {
			return nil, err
		}
		v.plugins.Note(cfg.SHA256, known)
	}
	p, err := plugins.Launch(ctx, v.granted(name, file.Command(), known, folders))
	if err != nil {
		return nil, err
	}
	return holdTo(ctx, p, known, "report this to the vendor's author")
}

// holdTo returns a vendor that says of itself what is known of it, and ends any other.
func holdTo(
	ctx context.Context,
	p *plugins.Plugin,
	known provisioner.Description,
	hint string,
	args ...any,
) (provisioner.Vendor, error) {
	description, err := p.Describe(ctx)
	if err != nil {
		return nil, closed(p, err)
	}
	if !store.SameDescription(description, known) {
		return nil, closed(
			p,
			provisioner.Errorf(provisioner.PluginFault,
				"it now calls itself %s %s, or takes other options, than when it was asked first (%s %s)",
				description.Name, description.Version, known.Name, known.Version).
				WithHint(hint, args...),
		)
	}
	return p, nil
}

// closed ends a vendor that is of no use because of err.
func closed(p *plugins.Plugin, err error) error { return errors.Join(err, p.Close()) }
