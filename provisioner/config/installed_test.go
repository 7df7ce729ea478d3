package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

var acme = provisioner.Description{
	Name: "acme", Version: "1.0.0",
	Options: []provisioner.Option{
		{Name: "channel", Kind: provisioner.StringOption, Identity: true},
		{Name: "prerelease", Kind: provisioner.BoolOption},
	},
	Settings: []provisioner.Option{
		{Name: "registry", Kind: provisioner.StringOption, Required: true, Identity: true},
		{Name: "token_env", Kind: provisioner.StringsOption, NamesEnv: true},
	},
}

// loadWith loads one file with acme installed, and known by a digest as well.
func loadWith(t *testing.T, text string) (*config.Config, error) {
	t.Helper()
	opts := options(t)
	t.Chdir(t.TempDir())
	opts.Explicit = "provision.yaml"
	opts.Installed = map[string]provisioner.Description{"acme": acme}
	opts.Described = func(d catalog.Digest) (provisioner.Description, bool) { return acme, d == digestOfAcme }
	write(t, opts.Explicit, text)
	return config.Load(opts)
}

const (
	digitsOfAcme = "0123456789012345678901234567890123456789012345678901234567890123"
	digestOfAcme = "sha256:" + digitsOfAcme
)

func TestLoad_checksAnInstalledPluginLikeABuiltInVendor(t *testing.T) {
	c, err := loadWith(t, "vendors:\n  acme: {build: true, env: [A], config: {registry: r, token_env: [B]}}\n"+
		"workers: {x: {sources: [{vendor: acme, with: {channel: stable}}]}}\n")
	require.NoError(t, err)
	require.Equal(t, config.Vendor{
		Build: true, Env: []string{"A", "B"}, Config: []byte(`{"registry":"r","token_env":["B"]}`),
	}, c.Vendors["acme"])
	require.Equal(t, acme, c.Descriptions["acme"])
	source := c.Workers["x"].Sources[0]
	require.Equal(t, `acme {"channel":"stable","registry":"r"}`, source.Key)
	require.False(t, source.Prerelease)
	require.True(t, source.Build)

	_, err = loadWith(t, "vendors:\n  acme: {config: {registry: r}}\n"+
		"workers: {x: {sources: [{vendor: acme, with: {chanel: stable}}]}}\n")
	require.EqualError(t, err, `provision.yaml:3:47: unknown key "chanel"; did you mean "channel"?`)
	_, err = loadWith(t, "vendors:\n  acme: {config: {registry: 1}}\n")
	require.EqualError(t, err, `provision.yaml:2:29: registry: want a string, not an integer; write "1"`)
}

func TestLoad_needsNoSectionForAnInstalledPlugin(t *testing.T) {
	_, err := loadWith(t, "workers: {x: {sources: [{vendor: acme}]}}\n")
	require.EqualError(t, err, "provision.yaml:1:25: "+
		"sources: vendor \"acme\" needs `vendors: {acme: {config: {registry: …}}}`")
	c, err := loadWith(t, "workers: {}\n")
	require.NoError(t, err, "one that no source names may lack what it needs")
	require.Contains(t, c.Vendors, "acme")
	_, err = loadWith(t, "vendors: {acme: {sha256: "+digitsOfAcme+"}}\n")
	require.ErrorContains(t, err, "no command that they are for")
}

func TestLoad_checksACommandByTheDescriptionOfItsDigest(t *testing.T) {
	command := "vendors:\n  acme: {command: /x, sha256: " + digitsOfAcme + ", config: {registry: r, token_env: [B]}}\n"
	_, err := loadWith(t, command+"workers: {x: {sources: [{vendor: acme, with: {chanel: stable}}]}}\n")
	require.EqualError(t, err, `provision.yaml:3:47: unknown key "chanel"; did you mean "channel"?`)

	c, err := loadWith(t, command+"workers: {x: {sources: [{vendor: acme, with: {channel: stable}}]}}\n")
	require.NoError(t, err)
	known := c.Workers["x"].Sources[0]
	require.Empty(t, c.Vendors["acme"].Env, "what may be forgotten grants nothing")

	c, err = loadWith(t, "vendors:\n  acme: {command: /x, config: {registry: r, token_env: [B]}}\n"+
		"workers: {x: {sources: [{vendor: acme, with: {channel: stable}}]}}\n")
	require.NoError(t, err)
	require.Equal(t, known, c.Workers["x"].Sources[0], "what may be forgotten does not tell sources apart")
	require.NotContains(t, c.Descriptions, "acme", "the command is another plugin than the installed one of its name")
}
