package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/cmd/provision/internal/cli"
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/machine"
)

// declaredRules returns the sandbox's rules for what a vendor declares. A vendor that does not describe itself is granted nothing:
// the checks find out what is wrong with it.
func declaredRules(ctx context.Context, command plugins.Command, mode sandbox.Mode, q provisioner.Query) (sandbox.Rules, error) {
	extra := command.Env
	command.Env, command.Sandbox = slices.Concat(plugins.Environment(), extra), sandbox.Rules{Mode: mode}
	p, err := plugins.Launch(ctx, command)
	if errors.Is(err, sandbox.ErrUnavailable) {
		return sandbox.Rules{}, err
	}
	if err != nil {
		return command.Sandbox, nil
	}
	defer p.Close()
	description, err := p.Describe(ctx)
	if err != nil {
		return command.Sandbox, nil
	}
	rules := builtin.DeclaredRules(mode, description, q, extra)
	if mode == sandbox.Require && len(sandbox.Available(rules).Missing) > 0 {
		return rules, provisioner.Errorf(provisioner.InvalidConfig, "%w: %s", sandbox.ErrUnavailable,
			strings.Join(sandbox.Available(rules).Missing, "; ")).
			WithHint("the sandbox mode `auto` applies what the system can do")
	}
	return rules, nil
}

// query builds the query that the vendor is asked.
func (c *Conformance) query(ctx context.Context) (q provisioner.Query, err error) {
	if q.Type, err = catalog.ParseWorkerType(c.Type); err != nil {
		return q, exit.WrongUsage(err)
	}
	if q.Platform, q.Arch, err = cli.ParsePlatform(c.Platform); err != nil {
		return q, err
	}
	if q.With, err = jsonObject("with", c.With); err != nil {
		return q, err
	}
	if q.Config, err = jsonObject("config", c.Settings); err != nil {
		return q, err
	}
	facts, err := machine.Find(ctx, machine.Options{}).Override(c.Host)
	if err != nil {
		return q, exit.WrongUsage(err)
	}
	q.Binary, q.Host = c.Binary, facts.Host()
	return q, nil
}

// jsonObject reads the value of a flag: an object, or the path of a file that holds one.
func jsonObject(flag, value string) (json.RawMessage, error) {
	if value == "" {
		return nil, nil
	}
	data := []byte(value)
	if !strings.HasPrefix(strings.TrimSpace(value), "{") {
		var err error
		if data, err = os.ReadFile(value); err != nil {
			return nil, exit.Usagef("--%s: want a JSON object, or a file that holds one: %w", flag, err)
		}
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, exit.Usagef("--%s: want a JSON object: %w", flag, err)
	}
	return data, nil
}

// command returns what starts the executable at a path, with the variables of --env.
func (c *Conformance) command(path string, args []string) (plugins.Command, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return plugins.Command{}, err
	}
	if err := store.CheckExecutable(absolute); err != nil {
		return plugins.Command{}, err
	}
	command := plugins.Command{Name: filepath.Base(absolute), Path: absolute, Args: args}
	for _, v := range c.Env {
		value, isSet := os.LookupEnv(v)
		switch {
		case strings.Contains(v, "="):
			command.Env = append(command.Env, v)
		case isSet:
			command.Env = append(command.Env, v+"="+value)
		}
	}
	return command, nil
}
