package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// block is one fenced block of the guide; a file's name stands on the line before it.
var block = regexp.MustCompile("(?m)(?:^`([a-z_.]+)`:\n\n)?^```([a-z]+)\n((?s:.*?))^```$")

// TestGuide_worksWordForWord follows the guide for vendors word for word, with a new home.
func TestGuide_worksWordForWord(t *testing.T) {
	guide, err := os.ReadFile("../../plugins/README.md")
	require.NoError(t, err)
	inGo, elsewhere, ok := strings.Cut(string(guide), "\n## In another language\n")
	require.True(t, ok)
	home := t.TempDir()
	out := follow(t, home, commandsOf(t, inGo))
	require.Contains(t, out, "cpu-llm-worker-rbee-v1.10.0-linux")
	require.Contains(t, out, " passed, 0 failed, ")
	if _, err := os.Stat("../../plugins/npm/node_modules"); err != nil {
		t.Skip("npm's packages can't be had: .ci/run has not installed those of plugins/npm")
	}
	out = follow(
		t,
		home,
		`export PROVISION="$PWD" GUIDE="$HOME/provision-guide" PATH="$HOME/provision-guide/bin:$PATH"`+"\n"+
			commandsOf(t, elsewhere),
	)
	require.Contains(t, out, "cpu-llm-worker-rbee-v1.10.0-linux")
	require.Contains(t, out, " passed, 0 failed, ")
}

// commandsOf turns a part of the guide into a shell script: its commands, and its files written where the guide has
// them.
func commandsOf(t *testing.T, text string) string {
	var b strings.Builder
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		name, language, content := m[1], m[2], m[3]
		if language != "console" {
			require.NotEmpty(t, name, content)
			b.WriteString("cat > " + name + " <<'END OF FILE'\n" + content + "END OF FILE\n")
			continue
		}
		for line := range strings.Lines(content) {
			command, ok := strings.CutPrefix(line, "$ ")
			require.True(t, ok, line)
			b.WriteString(command)
		}
	}
	return b.String()
}

func follow(t *testing.T, home, commands string) string {
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(
		os.Environ(),
		"HOME="+home,
		"RBEE_CACHE_DIR=",
		"XDG_CACHE_HOME=",
		"XDG_CONFIG_HOME=",
		"PROVISION_CONFIG=",
		"GOFLAGS=-buildvcs=false",
		"npm_config_cache="+npmCache(),
	)
	for name, value := range toolchains() {
		if name == "GOCACHE" || name == "GOMODCACHE" || name == "GOPROXY" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return string(out)
}

// npmCache is where npm keeps what it downloaded for this user.
func npmCache() string {
	out, err := exec.Command("npm", "config", "get", "cache").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
