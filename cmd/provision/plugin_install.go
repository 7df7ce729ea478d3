package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/cmd/internal/exit"
	"github.com/rbee-keeper/provision/plugins/builtin"
	"github.com/rbee-keeper/provision/plugins/sandbox"
	"github.com/rbee-keeper/provision/plugins/store"
)

const pluginInstallHelp = `Copy a plugin's executable into the catalog's folder and ask it who it is.

It is asked in a closed environment: no variables, no grants, an empty working folder, and the sandbox
that --sandbox or the configuration asks for. From then on the copy is started, and only as long as it has the digest that it has
now. An installed plugin of the same name is replaced.

  provision plugin install ./acme-vendor
  provision plugin install https://example.org/acme-vendor --sha256 9f86d0…

An address is https, http to this machine, or file, and needs --sha256.`

func (a *app) pluginInstallCommand() *cobra.Command {
	var digits string
	cmd := &cobra.Command{
		Use:   "install PATH|URL",
		Short: "Install a plugin, or another version of it",
		Long:  pluginInstallHelp,
		Args:  exactArgs(1, "the path or address of a plugin's executable"),
		RunE: func(cmd *cobra.Command, args []string) error {
			digest, err := parseSHA256(digits)
			if err != nil {
				return err
			}
			return a.installPlugin(cmd.Context(), args[0], digest)
		},
	}
	cmd.Flags().StringVar(&digits, "sha256", "", "`digest` that the executable must have, in hex digits")
	return cmd
}

// parseSHA256 reads a flag's digest; empty is none.
func parseSHA256(digits string) (catalog.Digest, error) {
	if digits == "" {
		return "", nil
	}
	digest, err := catalog.ParseDigest("sha256:" + strings.TrimPrefix(digits, "sha256:"))
	if err != nil {
		return "", exit.Usagef("--sha256: want 64 hex digits, not %q", digits)
	}
	return digest, nil
}

func (a *app) installPlugin(ctx context.Context, from string, digest catalog.Digest) error {
	plugins, err := builtin.OpenPlugins(a.cacheDir)
	if err != nil {
		return err
	}
	mode, err := builtin.SandboxMode(a.options())
	if err != nil {
		return err
	}
	executable, err := a.obtain(ctx, from, digest)
	if err != nil {
		return err
	}
	defer executable.remove()
	if limits := sandbox.Available(sandbox.Rules{Mode: mode}); mode == sandbox.Auto && !limits.Files {
		a.tellf("the plugin is asked without a sandbox: %s", strings.Join(limits.Missing, "; "))
	}
	result, err := plugins.Install(ctx, store.Request{
		Path: executable.path, From: executable.from, Digest: digest, Sandbox: mode, Accept: a.acceptPlugin,
	})
	if err != nil {
		return err
	}
	if digest == "" {
		a.tellf("no digest was given to check it against; for other machines: --sha256 %s", result.Digest.Hex())
	}
	a.tellf("installed plugin %s %s", result.Name(), result.Description.Version)
	info := a.pluginInfo(plugins, result.Record)
	if result.Replaced != nil {
		info.Replaced = result.Replaced.Description.Version
	}
	return a.printPlugin(info)
}
