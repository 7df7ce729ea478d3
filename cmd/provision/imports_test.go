package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/rbee-keeper/provision"

// forbidden lists, for each package, what it never imports, directly or not. A pattern ending in /... covers what lies below.
// The table is the layout's: an arrow that runs the wrong way fails the test. That only provisioner imports its internal
// packages, the Go command sees to.
var forbidden = map[string][]string{
	"catalog":                     {module + "/...", "net/http", "os/exec"},
	"provisioner":                 {"vendors/...", "plugins/...", "cmd/...", "google.golang.org/grpc/...", "github.com/hashicorp/go-plugin/..."},
	"provisioner/internal/unpack": {module + "/..."},
	"provisioner/config":          {"vendors/...", "plugins/...", "cmd/..."},
	"provisioner/spawn":           {"vendors/...", "plugins/...", "cmd/..."},
	"provisioner/prune":           {"vendors/...", "plugins/...", "cmd/..."},
	"provisioner/bundle":          {"vendors/...", "plugins/...", "cmd/..."},
	"plugins/store":               {"vendors/...", "plugins/builtin", "cmd/..."},
	"provisioner/vendortest":      {"vendors/...", "plugins/...", "cmd/...", "testing"},
	"vendors/githubrelease":       {"vendors/localbuild", "vendors/httpindex", "plugins/...", "cmd/..."},
	"vendors/localbuild":          {"vendors/githubrelease", "vendors/httpindex", "plugins/...", "cmd/..."},
	"vendors/httpindex":           {"vendors/githubrelease", "vendors/localbuild", "plugins/...", "cmd/..."},
	"vendors/transfer":            {"vendors/githubrelease", "vendors/localbuild", "vendors/httpindex", "plugins/...", "cmd/..."},
	"plugins":                     {"vendors/...", "cmd/..."},
	"plugins/sandbox":             {module + "/...", "google.golang.org/grpc/..."},
	"plugins/builtin":             {"cmd/..."},
	"plugins/plugintest":          {"vendors/...", "cmd/..."},
	"provisioner/machine":         {module + "/..."},
}

func TestNoArrowRunsTheWrongWay(t *testing.T) {
	deps := dependencies(t)
	for name, patterns := range forbidden {
		importer := module + "/" + name
		require.Contains(t, deps, importer, "the rule names a package that does not exist")
		for _, dep := range deps[importer] {
			for _, pattern := range patterns {
				require.Falsef(t, dep != importer && matches(pattern, dep), "%s imports %s", importer, dep)
			}
		}
	}
}

func TestOnlyBuiltinAndTheMainsImportVendors(t *testing.T) {
	mains := []string{"plugins/builtin", "plugins/github-release", "plugins/local-build", "plugins/http-index", "cmd/provision", "cmd/hive"}
	for importer, deps := range dependencies(t) {
		name := strings.TrimPrefix(importer, module+"/")
		if strings.HasPrefix(name, "vendors/") || slices.Contains(mains, name) {
			continue
		}
		for _, dep := range deps {
			require.Falsef(t, matches("vendors/...", dep), "%s imports %s", importer, dep)
		}
	}
}

func TestTheTopLevelIsTheFixedOne(t *testing.T) {
	out, err := exec.Command("go", "list", module+"/...").Output()
	require.NoError(t, err)
	for _, pkg := range strings.Fields(string(out)) {
		top, _, _ := strings.Cut(strings.TrimPrefix(pkg, module+"/"), "/")
		require.Contains(t, []string{"catalog", "provisioner", "vendors", "plugins", "cmd"}, top)
	}
}

// matches reports whether a package is covered by a pattern; one without a dot in its first element is below our module.
func matches(pattern, pkg string) bool {
	first, _, _ := strings.Cut(pattern, "/")
	if !strings.Contains(first, ".") && first != "net" && first != "os" && first != "testing" {
		pattern = path.Join(module, pattern)
	}
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg == below || strings.HasPrefix(pkg, below+"/")
	}
	return pkg == pattern
}

// dependencies asks the Go command for all that each of our packages imports, directly or not.
func dependencies(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Deps", module+"/...").Output()
	require.NoError(t, err)
	deps := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var pkg struct {
			ImportPath string
			Deps       []string
		}
		err := decoder.Decode(&pkg)
		if errors.Is(err, io.EOF) {
			return deps
		}
		require.NoError(t, err)
		deps[pkg.ImportPath] = pkg.Deps
	}
}
