package main

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/githubrelease"
	"github.com/rbee-keeper/provision/vendors/localbuild"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	return string(text)
}

func TestReadme_listsEveryKeyOfTheBuiltInVendors(t *testing.T) {
	text := readme(t)
	for _, v := range []provisioner.VendorSource{githubrelease.New(), localbuild.New()} {
		description, err := v.Describe(context.Background())
		require.NoError(t, err)
		_, table, ok := strings.Cut(text, "| `"+description.Name+"` | key |")
		require.True(t, ok, description.Name)
		table, _, _ = strings.Cut(table, "\n\n")
		rows := 0
		keys := map[string][]provisioner.Option{"with": description.Options, "config": description.Settings}
		for where, options := range keys {
			for _, o := range options {
				require.Contains(t, table, "\n| `"+where+"` | `"+o.Name+"` |")
				rows++
			}
		}
		require.Equal(t, rows+1, strings.Count(table, "\n|"), "%s: a row for a key that there is not", description.Name)
	}
}

func TestReadme_hasTheCompiledExampleOfTheCatalog(t *testing.T) {
	compiled, err := os.ReadFile("../../catalog/example_test.go")
	require.NoError(t, err)
	_, block, ok := strings.Cut(readme(t), "```go\nworkers, err := ")
	require.True(t, ok)
	block, _, _ = strings.Cut("workers, err := "+block, "```")
	rest := string(compiled)
	for line := range strings.SplitSeq(strings.TrimSpace(block), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		_, after, found := strings.Cut(rest, "\t"+line+"\n")
		require.True(t, found, "not in the example, or not in this order: %s", line)
		rest = after
	}
}

func TestReadme_namesTestsThatExist(t *testing.T) {
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z_]+)`").FindAllStringSubmatch(readme(t), -1)
	require.NotEmpty(t, named)
	var tests []byte
	for _, dir := range []string{".", "../../catalog", "../../provisioner/spawn"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			tests = append(tests, source...)
		}
	}
	for _, name := range named {
		require.Contains(t, string(tests), "func "+name[1]+"(")
	}
}
