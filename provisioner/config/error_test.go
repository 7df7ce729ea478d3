package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/config"
)

// inSource makes a file of one source whose keys begin in line 4, column 9.
func inSource(lines string) string {
	return "workers:\n  x:\n    sources:\n      - " + strings.ReplaceAll(lines, "\n", "\n        ") + "\n"
}

func TestLoad_namesPlaceAndMistake(t *testing.T) {
	const local = "vendor: local-build\nwith: {source: embedded}\n"
	_, malformedType := catalog.ParseWorkerType("CPU LLM")
	tests := []struct{ name, file, want string }{
		// syntax
		{"flow list left open", "workers: [a\nb: 1\n", "2:1: ',' or ']' must be specified"},
		{"tab", "vendors:\n\tacme: 1\n", "2:1: found character '\t' that cannot start any token"},
		{"mapping in a line", "vendors: a: b\n", "1:10: mapping value is not allowed in this context"},
		{"not UTF-8", "vendors: {}\n# caf\xe9\n", "2:6: not UTF-8: byte 0xe9"},
		{"control character", "vendors: \x00\n", "1:10: control character U+0000"},
		{"NUL", "vendors: {acme: {command: \"/a\\0\"}}", "1:27: NUL character in a string"},
		{"second document", "vendors: {}\n---\nworkers: {}\n", "2:1: a second document; a configuration is one"},
		{"document after an end", "vendors: {}\n...\nworkers: {}\n", "3:1: a second document; a configuration is one"},
		{"anchor", "vendors: &v {}\n", "1:10: anchors (&) are not supported; a string that starts so needs quotes"},
		{"alias", inSource("binary: *.zip"),
			"4:17: aliases (*) are not supported; a string that starts so needs quotes"},
		{"tag", "vendors: !!map {}\n", "1:10: tags (!) are not supported; a string that starts so needs quotes"},
		{"braces too deep", "vendors: " + strings.Repeat("[", 100), "1:74: nested too deep"},
		{"dashes too deep", strings.Repeat("- ", 200), "1:257: nested too deep"},
		{"infinity", "vendors: {acme: {command: /a, config: {n: .inf}}}\n", "1:43: unsupported value .inf"},

		// structure
		{"top", "- a\n", "1:1: want a mapping, not a list"},
		{"unknown at the top", "vendor: {}\n", `1:1: unknown key "vendor"; did you mean "vendors"?`},
		{"unknown in a vendor", "vendors:\n  acme:\n    command: /x\n    hash: y\n",
			`4:5: unknown key "hash"; known: args, build, command, config, env, ports, sha256, write_paths`},
		{"unknown in a worker", "workers:\n  x: {source: []}\n",
			"2:6: x: missing key \"sources\"\n2:7: unknown key \"source\"; did you mean \"sources\"?"},
		{"unknown in a source", inSource(local + "bianry: y"), `6:9: unknown key "bianry"; did you mean "binary"?`},
		{"unknown in launch", inSource(local + "launch: {arg: []}"), `6:18: unknown key "arg"; did you mean "args"?`},
		{"unknown in ready", inSource(local + "launch: {ready: {http: /, time: 1s}}"),
			`6:35: unknown key "time"; known: http, timeout`},
		{"build is granted to a vendor", inSource(local + "build: true"), `6:9: unknown key "build"; known: ` +
			"binary, contract, fallback, launch, unverified, vendor, with"},
		{"duplicate", "vendors: {}\nworkers: {}\nvendors: {}\n", `3:1: mapping key "vendors" already defined at [1:1]`},
		{"duplicate in braces", "vendors: {é: {a: 1, a: 2}}", `1:21: mapping key "a" already defined at [1:15]`},
		{"vendor name with an accent", "vendors: {é: {a: 1, b: 2}}",
			"1:11: malformed vendor name \"é\": want lower-case words joined by hyphens"},
		{"key that is no string", "vendors: {1: {}}", `1:11: want a string as key, not an integer; write "1"`},
		{"missing sources", "workers:\n  x:\n", `2:3: x: missing key "sources"`},
		{"missing vendor", inSource("binary: y"), `4:9: sources: missing key "vendor"`},

		// values
		{"list wanted", "workers: {x: {sources: {}}}", "1:24: sources: want a list, not a mapping"},
		{"mapping wanted", "vendors:\n  acme: x\n", "2:3: unknown vendor \"acme\"; known: github-release, " +
			"local-build (a plugin has to be installed, or to have a command)\n" +
			"2:9: acme: want a mapping, not a string"},
		{"source wanted", "workers: {x: {sources: [y]}}", "1:25: sources: want a mapping, not a string"},
		{"bool wanted", inSource(local + "fallback: yes"), "6:19: fallback: want true or false, not a string"},
		{"string wanted", inSource(local + "binary: [y]"), "6:17: binary: want a string, not a list"},
		{"number for a string", inSource("vendor: local-build\nwith: {source: embedded, version: 1.20}"),
			`5:43: version: want a string, not a number; write "1.20"`},
		{"nothing for a string", inSource("vendor:"), "4:9: vendor: want a string, not nothing"},
		{"empty", inSource("vendor: ''"), "4:17: vendor: must not be empty"},
		{"item of a list", inSource(local + "launch: {args: [a, 1]}"),
			`6:28: args: want a string, not an integer; write "1"`},
		{"binary with a folder", inSource(local + "binary: bin/y"),
			`6:17: binary: want a file's name without folders, not "bin/y"`},
		{"binary with a backslash", inSource(local + `binary: bin\y`),
			`6:17: binary: want a file's name without folders, not "bin\\y"`},
		{"binary with a suffix", inSource(local + "binary: y.exe"),
			`6:17: binary: leave .exe off "y.exe"; it is added on windows`},
		{"contract", inSource(local + "contract: Rbee"), `6:19: contract: unknown value "Rbee"; did you mean "rbee"?`},

		// vendors
		{"vendor name", "vendors: {Acme Inc: {command: /x}}",
			`1:11: malformed vendor name "Acme Inc": want lower-case words joined by hyphens`},
		{"digest", "vendors:\n  acme:\n    command: /x\n    sha256: 12ab\n",
			`4:13: sha256: want the 64 hex digits of a SHA-256, not "12ab"`},
		{"vendors wanted", "vendors: [acme]", "1:10: vendors: want a mapping, not a list"},
		{"misspelt vendor", "vendors: {github-relase: {}}",
			`1:11: unknown vendor "github-relase"; did you mean "github-release"? ` +
				`(a plugin has to be installed, or to have a command)`},
		{"vendor without settings", "vendors: {local-build: {config: {a: 1}}}",
			`1:34: unknown key "a"; none is known here`},
		{"digest of another kind", "vendors: {acme: {command: /x, sha256: []}}",
			"1:39: sha256: want a string, not a list"},
		{"digest of nothing", "vendors: {local-build: {sha256: " + strings.Repeat("a", 64) + "}}",
			`1:11: vendor "local-build" has sha256 or args, but no command that they are for`},
		{"variable with a value", "vendors: {acme: {command: /x, env: [A=b]}}",
			"1:37: env: want a variable's name, without a value"},
		{"relative command", "vendors:\n  acme:\n    command: bin/acme\n",
			`3:14: command: want an absolute path, not "bin/acme": nothing is looked up in PATH or the working folder`},
		{"not configured", inSource("vendor: github"),
			`4:17: vendor: "github" is neither configured nor installed; known: github-release, local-build`},
		{"setting", "vendors: {github-release: {config: {api_uri: x}}}",
			`1:37: unknown key "api_uri"; did you mean "api_url"?`},
		{"header", "vendors: {github-release: {config: {headers: {A: true}}}}",
			`1:50: A: want a string, not true or false; write "true"`},

		// options
		{"unknown option", inSource("vendor: local-build\nwith: {source: embedded, tag: x}"),
			`5:34: unknown key "tag"; known: dir, package, source, version`},
		{"missing option", inSource("vendor: github-release\nwith: {tag: x}"), `5:15: with: missing key "repo"`},
		{"missing with", inSource("vendor: github-release"), `4:9: with: missing key "repo"`},
		{"with of another kind", inSource("vendor: github-release\nwith: [a]"),
			"5:15: with: want a mapping, not a list"},
		{"empty option", inSource("vendor: github-release\nwith: {repo: ''}"), "5:22: repo: must not be empty"},
		{"value", inSource("vendor: local-build\nwith: {source: git}"),
			`5:24: source: unknown value "git"; known: embedded, dir`},
		{"pattern", inSource("vendor: github-release\nwith:\n  repo: a/b\n  tag: 'b('"),
			"7:16: tag: malformed pattern: missing closing ): `b(`"},
		{"pattern in a list", inSource("vendor: github-release\nwith: {repo: a/b, exclude: [debug, '(']}"),
			"5:44: exclude: malformed pattern: missing closing ): `(`"},
		{"empty pattern in a list", inSource("vendor: github-release\nwith: {repo: a/b, exclude: ['']}"),
			"5:37: exclude: must not be empty"},
		{"pattern in a mapping", inSource("vendor: github-release\nwith:\n  repo: a/b\n  assets:\n" +
			"    linux: 'tool-{version}'\n    windows: '[a'"),
			"9:22: windows: malformed pattern: missing closing ]: `[a`"},
		{"list of patterns", inSource("vendor: github-release\nwith: {repo: a/b, assets: [x]}"),
			"5:35: assets: want a mapping, not a list"},
		{"negative", inSource("vendor: github-release\nwith: {repo: a/b, max_releases: -1}"),
			"5:41: max_releases: must not be negative: -1"},
		{"float for an integer", inSource("vendor: github-release\nwith: {repo: a/b, max_releases: 1.5}"),
			"5:41: max_releases: want an integer, not a number"},
		{"string for a list", inSource("vendor: github-release\nwith: {repo: a/b, exclude: x}"),
			"5:36: exclude: want a list, not a string"},

		// launch
		{"placeholder in args", inSource(local + "launch: {args: [\"{prot}\"]}"),
			`6:25: args: unknown placeholder "{prot}"; did you mean "{port}"?`},
		{"placeholder in env", inSource(local + "launch: {env: {A: \"{home}/x\"}}"),
			`6:27: A: unknown placeholder "{home}"; did you mean "{host}"?`},
		{"placeholder in dir", inSource(local + "launch: {dir: \"{x}\"}"), `6:23: dir: unknown placeholder "{x}"; ` +
			"known: {host}, {install_dir}, {model}, {port}, {queen_url}, {socket}, {worker_id}"},
		{"variable", inSource(local + "launch: {env: {A=B: c}}"), `6:24: malformed variable name "A=B"`},
		{"timeout", inSource(local + "launch: {ready: {http: /, timeout: 10 min}}"),
			`6:44: timeout: want a time span such as 90s or 10m, not "10 min"`},
		{"timeout without a unit", inSource(local + "launch: {ready: {http: /, timeout: 10}}"),
			`6:44: timeout: want a time span such as 90s or 10m, not "10"`},
		{"timeout of another kind", inSource(local + "launch: {ready: {http: /, timeout: [10m]}}"),
			"6:44: timeout: want a string, not a list"},
		{"negative timeout", inSource(local + "launch: {ready: {http: /, timeout: -1s}}"),
			`6:44: timeout: want a time span such as 90s or 10m, not "-1s"`},
		{"path", inSource(local + "launch: {ready: {http: health}}"),
			`6:32: http: want a path that starts with /, not "health"`},
		{"missing path", inSource(local + "launch: {ready: {timeout: 1s}}"), `6:25: ready: missing key "http"`},

		// worker types
		{"worker type", "workers: {CPU LLM: {sources: []}}",
			"1:11: " + malformedType.Error()},
		{"two spellings", "workers:\n  cpu: {sources: []}\n  cpu-llm: {sources: []}\n",
			`3:3: "cpu-llm" is the same worker type as "cpu" in line 2`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(t, test.file)
			require.Error(t, err)
			want := "provision.yaml:" + strings.ReplaceAll(test.want, "\n", "\nprovision.yaml:")
			require.Equal(t, want, err.Error())
			require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
		})
	}
}

func TestLoad_reportsMistakesOfAllLayersInOrder(t *testing.T) {
	t.Chdir(t.TempDir())
	opts := config.Options{System: "system.yaml", User: "user.yaml", Explicit: "explicit.yaml", Schemas: schemas}
	write(t, opts.System, "workers:\n  x: {sources: [{vendor: acme}]}\nvendors:\n  other: {}\n")
	write(t, opts.User, "vendors:\n  acme: {command: /x, build: 1}\nworkers: {y: {sources: [{vendor: none}]}}\n")
	write(t, opts.Explicit, "vendor: {}\n")
	_, err := config.Load(opts)
	require.EqualError(t, err, strings.Join([]string{
		`system.yaml:4:3: unknown vendor "other"; known: github-release, local-build ` +
			`(a plugin has to be installed, or to have a command)`,
		`user.yaml:2:30: build: want true or false, not an integer`,
		`user.yaml:3:34: vendor: "none" is neither configured nor installed; ` +
			`known: acme, github-release, local-build, other`,
		`explicit.yaml:1:1: unknown key "vendor"; did you mean "vendors"?`,
	}, "\n"))
	const hint = "if \"none\" is a plugin, install it: `provision plugin install PATH|URL`"
	require.Equal(t, hint, provisioner.HintOf(err))
	first, ok := errors.AsType[*config.Error](err)
	require.True(t, ok)
	require.Equal(t, "system.yaml", first.File)
	require.Equal(t, []int{4, 3}, []int{first.Line, first.Column})
}

func TestLoad_reportsBrokenFilesBeforeWhatDependsOnThem(t *testing.T) {
	t.Chdir(t.TempDir())
	opts := config.Options{System: "system.yaml", User: "user.yaml", Explicit: ".", Schemas: schemas}
	write(t, opts.System, "workers: {x: {sources: [{vendor: acme}]}}\n")
	write(t, opts.User, "vendors: {acme: {command: /x}\n")
	_, err := config.Load(opts)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, 2)
	require.Regexp(t, `^user\.yaml:1:\d+: `, lines[0])
	require.Regexp(t, `^\.: read file: `, lines[1])
}

func TestLoad_reportsMissingSettingAtItsVendor(t *testing.T) {
	described := map[string]provisioner.Description{"acme": {Settings: []provisioner.Option{
		{Name: "url", Kind: provisioner.StringOption, Required: true},
		{Name: "odd", Kind: "tuple"},
	}}}
	for name, s := range schemas {
		described[name] = s
	}
	opts := options(t)
	t.Chdir(t.TempDir())
	opts.Schemas, opts.Explicit = described, "provision.yaml"
	write(t, opts.Explicit, "vendors:\n  acme: {config: {odd: 1}}\n")
	_, err := config.Load(opts)
	require.EqualError(t, err, `provision.yaml:2:3: vendor "acme": config: missing key "url"`+"\n"+
		`provision.yaml:2:24: odd: its vendor declares the unknown kind "tuple" for it`)
}

func TestLoad_checksTheBuiltInLayer(t *testing.T) {
	opts := options(t)
	opts.Schemas = nil
	_, err := config.Load(opts)
	require.ErrorContains(t, err, `built-in provision.yaml:5:3: unknown vendor "github-release"`)
}

func TestLoad_refusesHugeFiles(t *testing.T) {
	_, err := load(t, "# "+strings.Repeat("x", 1<<20))
	require.EqualError(t, err, "provision.yaml: larger than 1048576 bytes")
	_, err = load(t, strings.Repeat("- a\n", 1<<17))
	require.EqualError(t, err, "provision.yaml:25001:1: too long: more than 50000 words and signs")
	_, err = load(t, "# "+strings.Repeat("x", 1<<20-2))
	require.NoError(t, err)
}

func FuzzLoad(f *testing.F) {
	f.Add(config.Default())
	f.Add([]byte("vendors: {acme: {command: /x, sha256: 12, env: [A], config: {a: 1.5}}}\n" +
		"workers: {x: {sources: [{vendor: acme}]}}"))
	f.Add([]byte("vendors:\n  ? a\n  : &x |\n   b\n  c: *x\n"))
	f.Add([]byte("workers:\n  x:\n    sources:\n    - vendor: local-build\n      with: {source: \"\\u0065mbedded\"}\n"))
	opts := options(f)
	opts.Explicit = filepath.Join(f.TempDir(), "fuzzed.yaml")
	f.Fuzz(func(t *testing.T, data []byte) {
		require.NoError(t, os.WriteFile(opts.Explicit, data, 0o600))
		c, err := config.Load(opts)
		if err != nil {
			require.Equal(t, provisioner.InvalidConfig, provisioner.KindOf(err))
			first, ok := errors.AsType[*config.Error](err)
			require.True(t, ok)
			require.Positive(t, first.Line)
			require.Positive(t, first.Column)
			return
		}
		for _, w := range c.Workers {
			for _, s := range w.Sources {
				require.Contains(t, c.Vendors, s.Vendor)
				require.True(t, strings.HasPrefix(s.Key, s.Vendor+" "), s.Key)
			}
		}
	})
}
