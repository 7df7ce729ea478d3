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

// rule says what a package, or everything below it if the pattern ends in /..., never imports, directly or not.
type rule struct {
	importer string
	never    []string
	except   []string // patterns that are allowed nevertheless
}

var (
	codecs = []string{
		"github.com/klauspost/compress/...", "github.com/mikelolasagasti/xz/...", "github.com/ulikunitz/xz/...",
		"github.com/klauspost/readahead/...", "archive/tar", "archive/zip", "provisioner/internal/...",
	}
	grpc = []string{"google.golang.org/grpc/...", "github.com/hashicorp/go-plugin/..."}
)

// rules are the layout: an import in the wrong direction fails the test. The Go command itself ensures that only
// packages below provisioner import its internal packages.
var rules = []rule{
	{importer: "catalog/...", never: []string{module + "/...", "net/http", "os/exec"}, except: []string{"catalog/..."}},
	{
		importer: "provisioner",
		never:    append([]string{module + "/...", "net/http", "os/exec"}, codecs...),
		except:   []string{"catalog/..."},
	},
	{importer: "provisioner/...", never: []string{"vendors/...", "plugins/...", "cmd/..."}},
	{importer: "provisioner/engine", never: grpc},
	{
		importer: "provisioner/internal/unpack",
		never:    []string{module + "/..."},
		except:   []string{"provisioner/internal/unpack/..."},
	},
	{
		importer: "provisioner/machine",
		never:    []string{module + "/..."},
		except:   []string{"catalog/...", "provisioner", "provisioner/process/..."},
	},
	{importer: "provisioner/process", never: []string{module + "/..."}, except: []string{"catalog/printable"}},
	{importer: "provisioner/vendortest", never: []string{"testing"}},
	{importer: "vendors/...", never: []string{"provisioner/engine/...", "plugins/...", "cmd/..."}},
	{importer: "vendors/githubrelease/...", never: []string{"vendors/localbuild/...", "vendors/httpindex/..."}},
	{importer: "vendors/localbuild/...", never: []string{"vendors/githubrelease/...", "vendors/httpindex/..."}},
	{importer: "vendors/httpindex/...", never: []string{"vendors/githubrelease/...", "vendors/localbuild/..."}},
	{importer: "vendors/web", never: []string{"vendors/githubrelease/...", "vendors/localbuild/...",
		"vendors/httpindex/..."}},
	{
		importer: "vendors/transfer/...",
		never:    []string{"vendors/githubrelease/...", "vendors/localbuild/...", "vendors/httpindex/..."},
	},
	{importer: "plugins", never: append([]string{"vendors/...", "cmd/..."}, codecs...)},
	{importer: "plugins/...", never: []string{"cmd/..."}},
	{importer: "plugins/store/...", never: []string{"vendors/...", "plugins/builtin"}},
	{
		importer: "plugins/sandbox/...",
		never:    []string{module + "/...", "google.golang.org/grpc/..."},
		except:   []string{"plugins/sandbox/..."},
	},
	{importer: "plugins/plugintest", never: []string{"vendors/..."}},
}

func TestImports_pointDownwards(t *testing.T) {
	deps := dependencies(t)
	for _, r := range rules {
		importers := 0
		for importer := range deps {
			if !matches(r.importer, importer) {
				continue
			}
			importers++
			for _, dep := range deps[importer] {
				isAllowed := dep == importer ||
					slices.ContainsFunc(r.except, func(p string) bool { return matches(p, dep) })
				isForbidden := slices.ContainsFunc(r.never, func(p string) bool { return matches(p, dep) })
				require.Falsef(t, isForbidden && !isAllowed, "%s imports %s", importer, dep)
			}
		}
		require.NotZerof(t, importers, "the rule for %s matches no package", r.importer)
	}
}

func TestImports_onlyProgramsAndBuiltinImportVendors(t *testing.T) {
	mayImport := []string{
		"vendors/...",
		"plugins/builtin",
		"plugins/github-release",
		"plugins/local-build",
		"plugins/http-index",
		"cmd/...",
	}
	for importer, deps := range dependencies(t) {
		if slices.ContainsFunc(mayImport, func(p string) bool { return matches(p, importer) }) {
			continue
		}
		for _, dep := range deps {
			require.Falsef(t, matches("vendors/...", dep), "%s imports %s", importer, dep)
		}
	}
}

func TestImports_topLevelIsFixed(t *testing.T) {
	out, err := exec.Command("go", "list", module+"/...").Output()
	require.NoError(t, err)
	for _, pkg := range strings.Fields(string(out)) {
		top, _, _ := strings.Cut(strings.TrimPrefix(pkg, module+"/"), "/")
		require.Contains(t, []string{"catalog", "provisioner", "vendors", "plugins", "cmd"}, top)
	}
}

// matches reports whether a package is covered by a pattern; one without a dot in its first element is below our
// module.
func matches(pattern, pkg string) bool {
	first, _, _ := strings.Cut(pattern, "/")
	if !strings.Contains(first, ".") && first != "net" && first != "os" && first != "testing" && first != "archive" {
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
