package githubrelease

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestConfigurationErrorsNameTheKey(t *testing.T) {
	for _, c := range []struct{ config, with, key string }{
		{"", `{}`, "repo"},
		{"", `{"repo":"tool"}`, "repo"},
		{"", `{"repo":"acme/tool/x"}`, "repo"},
		{"", `{"repo":"acme/.."}`, "repo"},
		{"", `{"repo":"acme/tool?x=1"}`, "repo"},
		{"", `{"repo":"acme/tool","tags":"v"}`, "tags"},
		{"", `{"repo":"acme/tool","tag":"v("}`, "tag"},
		{"", `{"repo":"acme/tool","tag":"a)|(?P<version>b"}`, "tag"},
		{"", `{"repo":"acme/tool","tag":"v.*"}`, "tag"},
		{"", `{"repo":"acme/tool","tag":7}`, "tag"},
		{"", `{"repo":"acme/tool","asset":"["}`, "asset"},
		{"", `{"repo":"acme/tool","exclude":["["]}`, "exclude"},
		{"", `{"repo":"acme/tool","exclude":[""]}`, "exclude"},
		{"", `{"repo":"acme/tool","asset":"a)|(?:b"}`, "asset"},
		{"", `{"repo":"acme/tool","asset":"tool-{verison}"}`, "{verison}"},
		{"", `{"repo":"acme/tool","assets":{"linux/amd64":"["}}`, "assets"},
		{"", `{"repo":"acme/tool","assets":{"beos/amd64":"x"}}`, "assets"},
		{"", `{"repo":"acme/tool","assets":{"linux/z80":"x"}}`, "assets"},
		{"", `{"repo":"acme/tool","assets":{"linux/":"x"}}`, "assets"},
		{"", `{"repo":"acme/tool","companions":["("]}`, "companions"},
		{"", `{"repo":"acme/tool","max_releases":-1}`, "max_releases"},
		{"", `{"repo":"acme/tool","checksums":"../x"}`, "checksums"},
		{"", `{"repo":"acme/tool"} {}`, "with"},
		{`{"api_url":"ftp://h/"}`, `{"repo":"acme/tool"}`, "api_url"},
		{`{"api_url":"h"}`, `{"repo":"acme/tool"}`, "api_url"},
		{`{"api_url":"https://user:secret@h/"}`, `{"repo":"acme/tool"}`, "api_url"},
		{`{"api_url":"https://h/?token=secret"}`, `{"repo":"acme/tool"}`, "api_url"},
		{`{"token":"secret"}`, `{"repo":"acme/tool"}`, "token"},
	} {
		_, err := New().Resolve(t.Context(), provisioner.Query{Config: json.RawMessage(c.config),
			With: json.RawMessage(c.with)})
		require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err), "%s %s: %v", c.config, c.with, err)
		require.Contains(t, err.Error(), c.key)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestTheNearestAssetPatternCounts(t *testing.T) {
	with := `{"repo":"acme/tool","asset":"any-{tag}",
		"assets":{"linux":"lin-{version}\\.zip","linux/x86_64":"lin64","darwin/arm64":"mac"}}`
	for target, want := range map[string]string{
		"linux/amd64": "lin64", "linux/arm64": "lin-1.2+x.zip", "macos/arm64": "mac", "macos/amd64": "any-v1.2+x",
		"windows/amd64": "any-v1.2+x",
	} {
		platform, arch, _ := strings.Cut(target, "/")
		s, err := parseSettings(provisioner.Query{With: json.RawMessage(with), Platform: catalog.Platform(platform),
			Arch: catalog.Arch(arch)})
		require.NoError(t, err)
		re, err := s.asset.fill("1.2+x", "v1.2+x")
		require.NoError(t, err)
		require.True(t, re.MatchString(want), "%s: %s", target, re)
		require.False(t, re.MatchString("x"+want+"x"), "%s: %s", target, re)
	}
}

func TestTheTokenIsTakenFromTheFirstVariableThatHoldsOne(t *testing.T) {
	t.Setenv("GITHUB_TOKEN", " ")
	t.Setenv("GH_TOKEN", "second")
	t.Setenv("ACME_TOKEN", "acme\n")
	query := provisioner.Query{With: json.RawMessage(`{"repo":"acme/tool"}`)}
	s, err := parseSettings(query)
	require.NoError(t, err)
	require.Equal(t, "second", s.token)
	require.True(t, s.isPublic)

	query.Config = json.RawMessage(`{"api_url":"https://github.acme.test/api/v3","token_env":["ACME_TOKEN"]}`)
	s, err = parseSettings(query)
	require.NoError(t, err)
	require.Equal(t, "acme", s.token)
	require.Equal(t, "https://github.acme.test/api/v3/", s.api.String())
	require.False(t, s.isPublic)

	t.Setenv("ACME_TOKEN", "secret\r\nHost: evil")
	_, err = parseSettings(query)
	require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
	require.NotContains(t, err.Error(), "secret")
}

func TestDescribeTellsEveryKeyThatIsRead(t *testing.T) {
	d, err := New().Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, Name, d.Name)
	require.Equal(t, jsonKeys(sourceConfig{}), names(d.Options))
	require.Equal(t, jsonKeys(vendorConfig{}), names(d.Settings))
	identity := map[string]bool{}
	for _, o := range d.Options {
		require.NotEmpty(t, o.Help)
		identity[o.Name] = o.Identity
	}
	require.True(t, identity["repo"] && identity["asset"])
	require.True(t, d.Needs.Network)
	require.Subset(t, d.Needs.Env, append(defaultTokenEnv, "HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE"))
}

func names(options []provisioner.Option) string {
	var all []string
	for _, o := range options {
		all = append(all, o.Name)
	}
	return strings.Join(all, " ")
}

// jsonKeys lists the keys of a struct in order.
func jsonKeys(v any) string {
	var all []string
	for field := range reflect.TypeOf(v).Fields() {
		all = append(all, field.Tag.Get("json"))
	}
	return strings.Join(all, " ")
}
