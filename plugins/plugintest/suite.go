// Package plugintest runs the suite of provisioner/vendortest over a vendor's executable, whatever it was written in:
// it starts the vendor with plugins.Launch as the host does. An author whose vendor is in Go tests it with vendortest
// alone, and the executable with this.
package plugintest

import (
	"context"
	"slices"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

var _ vendortest.Process = (*plugins.Plugin)(nil)

// Suite checks the vendor that command starts, with a query that it has a release for. Command's Env is set in every
// process; its Dir, Stdout and Stderr are the suite's. Its Sandbox lets it write to the suite's folders too.
func Suite(command plugins.Command, query provisioner.Query) vendortest.Suite {
	open := func(ctx context.Context, l vendortest.Launch) (vendortest.Process, error) {
		c := command
		c.Dir, c.Stdout, c.Stderr = l.Dir, l.Stdout, l.Stderr
		c.Env = slices.Concat(plugins.Environment(l.Variables...), command.Env, l.Env)
		c.Sandbox.Write = slices.Concat(command.Sandbox.Write, l.Writable())
		p, err := plugins.Launch(ctx, c)
		if err != nil {
			return nil, err // not p, which would be a Process that is not nil
		}
		return p, nil
	}
	return vendortest.Suite{Open: open, Query: query}
}
