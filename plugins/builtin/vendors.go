package builtin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// vendors starts a process for each operation of a vendor: what is configured, the program itself for a built-in one, or else what
// is installed.
type vendors struct {
	configured map[string]config.Vendor
	builtIn    map[string]provisioner.Description
	plugins    *store.Store
}

var _ provisioner.Vendors = vendors{}

// Open implements provisioner.Vendors.
func (v vendors) Open(ctx context.Context, name string, _ provisioner.Folders) (provisioner.Vendor, error) {
	_, isBuiltIn := constructors[name]
	switch cfg := v.configured[name]; {
	case cfg.Command == "" && isBuiltIn:
		return v.openBuiltIn(ctx, name)
	case cfg.Command == "":
		return v.openInstalled(ctx, name)
	case cfg.SHA256 == "":
		return plugins.Launch(ctx, v.granted(name, plugins.Command{Path: cfg.Command}))
	default:
		return v.openConfigured(ctx, name)
	}
}

// granted fills in what the configuration grants a vendor.
func (v vendors) granted(name string, command plugins.Command) plugins.Command {
	cfg := v.configured[name]
	command.Name, command.Args = name, cfg.Args
	command.Env = plugins.Environment(slices.Concat(v.builtIn[name].Needs.Env, cfg.Env)...)
	return command
}

func (v vendors) openBuiltIn(ctx context.Context, name string) (provisioner.Vendor, error) {
	if !mainCalled.Load() {
		return nil, &provisioner.Error{Kind: provisioner.PluginFault, Message: ErrNoMain.Error(), Err: ErrNoMain,
			Hint: "call builtin.Main() as the first thing in main"}
	}
	self, err := executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's executable: %w", err)
	}
	command := v.granted(name, plugins.Command{Path: self})
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

// openInstalled starts a plugin of the store. One that says something else of itself than when it was installed is not used: what
// the configuration was checked against would not hold.
func (v vendors) openInstalled(ctx context.Context, name string) (provisioner.Vendor, error) {
	record, file, err := v.plugins.Open(name)
	if errors.Is(err, store.ErrNotInstalled) {
		return nil, provisioner.Errorf(provisioner.InvalidConfig, "vendor %q is neither built in, installed nor configured", name)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p, err := plugins.Launch(ctx, v.granted(name, file.Command()))
	if err != nil {
		return nil, err
	}
	return holdTo(ctx, p, record.Description, "install it again: `provision plugin install %s`", record.From)
}

// openConfigured starts a plugin with a configured digest, and remembers what it says of itself, to check the configuration by.
func (v vendors) openConfigured(ctx context.Context, name string) (provisioner.Vendor, error) {
	cfg := v.configured[name]
	file, err := v.plugins.OpenCommand(cfg.Command, cfg.SHA256)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	p, err := plugins.Launch(ctx, v.granted(name, file.Command()))
	if err != nil {
		return nil, err
	}
	if known, ok := v.plugins.Known(cfg.SHA256); ok {
		return holdTo(ctx, p, known, "report this to the vendor's author")
	}
	description, err := p.Describe(ctx)
	if err != nil {
		return nil, closed(p, err)
	}
	v.plugins.Note(cfg.SHA256, description)
	return p, nil
}

// holdTo returns a vendor that says of itself what is known of it, and ends any other.
func holdTo(ctx context.Context, p *plugins.Plugin, known provisioner.Description, hint string, args ...any) (provisioner.Vendor, error) {
	description, err := p.Describe(ctx)
	if err != nil {
		return nil, closed(p, err)
	}
	if !store.SameDescription(description, known) {
		return nil, closed(p, provisioner.Errorf(provisioner.PluginFault, "it now calls itself %s %s, or takes other options, than when it was asked first (%s %s)",
			description.Name, description.Version, known.Name, known.Version).WithHint(hint, args...))
	}
	return p, nil
}

// closed ends a vendor that is of no use because of err.
func closed(p *plugins.Plugin, err error) error { return errors.Join(err, p.Close()) }
