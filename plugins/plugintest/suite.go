// Package plugintest runs the suite of provisioner/vendortest over a vendor's executable, whatever it was written in: it starts
// the vendor with plugins.Launch as the host does. An author whose vendor is in Go tests it with vendortest alone, and the
// executable with this.
package plugintest

import (
	"context"
	"os"
	"slices"

	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest"
)

var _ vendortest.Process = (*plugins.Plugin)(nil)

// Suite checks the vendor that command starts, with a query that it has a release for. Command's Env is set in every process;
// its Dir, Stdout and Stderr are the suite's.
func Suite(command plugins.Command, query provisioner.Query) vendortest.Suite {
	open := func(ctx context.Context, l vendortest.Launch) (vendortest.Process, error) {
		c := command
		c.Dir, c.Stdout, c.Stderr = l.Dir, l.Stdout, l.Stderr
		c.Env = slices.Concat(environment(l.Variables), command.Env, l.Env)
		p, err := plugins.Launch(ctx, c)
		if err != nil {
			return nil, err // not p, which would be a Process that is not nil
		}
		return p, nil
	}
	return vendortest.Suite{Open: open, Query: query}
}

// environment returns the variables of a list that are set, and what a process can't do without.
func environment(names []string) []string {
	var env []string
	for _, name := range append([]string{"SYSTEMROOT"}, names...) {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
