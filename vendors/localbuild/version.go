package localbuild

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/git"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// unknownVersion is the version of a source without a version. It is older than any release.
const unknownVersion = "0.0.0-dev"

const defaultTag = `v?(?P<version>\d.*)`

// defaultVersionLine finds the version in a file that holds only a version, or in a Cargo.toml.
const defaultVersionLine = `(?m)^(?:version *= *")?v?(?P<version>\d+(?:\.\d+)+[0-9A-Za-z.+-]*)`

const maxVersionFile = 1 << 20

// versionRule is where the version of a folder comes from.
type versionRule struct {
	fixed   catalog.Version
	file    string // slash-separated, below the folder
	pattern *regexp.Regexp
	command []string
	tag     *regexp.Regexp
}

// newVersionRule reads the options about versions. Its errors are of kind InvalidConfig.
func newVersionRule(p *project) (v versionRule, err error) {
	given := 0
	for _, value := range []string{p.Version, p.VersionFile, p.VersionCommand} {
		if value != "" {
			given++
		}
	}
	if given > 1 {
		return v, invalid("version, version_file and version_command exclude each other")
	}
	if p.Version != "" {
		if v.fixed, err = catalog.ParseVersion(p.Version); err != nil {
			return v, invalid("version: %w", err)
		}
	}
	if p.VersionPattern != "" && p.VersionFile == "" {
		return v, invalid("version_pattern is for version_file")
	}
	v.file = p.VersionFile
	if v.pattern, err = versionPattern("version_pattern", p.VersionPattern, defaultVersionLine); err != nil {
		return v, err
	}
	if p.VersionCommand != "" {
		if v.command, err = splitLine(p.VersionCommand); err != nil {
			return v, invalid("version_command: %w", err)
		}
	}
	v.tag, err = tagPattern(p.Tag)
	return v, err
}

// tagPattern compiles a pattern and anchors it at both ends of the tag.
func tagPattern(text string) (*regexp.Regexp, error) {
	pattern, err := versionPattern("tag", text, defaultTag)
	if err != nil {
		return nil, err
	}
	return regexp.Compile(`^(?:` + pattern.String() + `)$`)
}

// versionPattern compiles a pattern and ensures that it has a group named version.
func versionPattern(name, text, otherwise string) (*regexp.Regexp, error) {
	if text == "" {
		text = otherwise
	}
	pattern, err := regexp.Compile(text)
	if err != nil {
		return nil, invalid("%s: the pattern %q can't be read: %w", name, text, err)
	}
	if !slices.Contains(pattern.SubexpNames(), "version") {
		return nil, invalid("%s: the pattern %q has no group named version; write for example b(?P<version>\\d+)", name, text)
	}
	return pattern, nil
}

// matchVersion returns the version that a pattern finds in a text.
func matchVersion(pattern *regexp.Regexp, text string) (catalog.Version, bool) {
	match := pattern.FindStringSubmatch(text)
	if match == nil {
		return catalog.Version{}, false
	}
	version, err := catalog.ParseVersion(match[pattern.SubexpIndex("version")])
	return version, err == nil
}

func (v versionRule) tools() []toolrun.Tool {
	if len(v.command) > 0 && !strings.ContainsAny(v.command[0], `/\`) {
		return []toolrun.Tool{{Name: v.command[0]}}
	}
	return nil
}

// find returns the version of a folder.
func (v versionRule) find(ctx context.Context, p *project, f *dirSource) (catalog.Version, error) {
	switch {
	case !v.fixed.IsZero():
		return v.fixed, nil
	case v.file != "":
		return v.fromFile(filepath.Join(f.dir, filepath.FromSlash(v.file)))
	case len(v.command) > 0:
		return v.fromCommand(ctx, p, f.dir)
	case f.git != nil:
		f.git.Path = p.found["git"].Path
		version, err := git.Describe(ctx, f.git, func(tag string) (catalog.Version, bool) { return matchVersion(v.tag, tag) })
		if err != nil {
			return version, failure.Wrap(provisioner.BuildFailed, "find version of "+f.root, err)
		}
		if !version.IsZero() {
			return version, nil
		}
	}
	return catalog.MustVersion(unknownVersion), nil
}

func (v versionRule) fromFile(file string) (catalog.Version, error) {
	content, err := readLimited(file)
	if err != nil {
		return catalog.Version{}, provisioner.Errorf(provisioner.BuildFailed, "read version: %w", err)
	}
	version, ok := matchVersion(v.pattern, content)
	if !ok {
		return version, provisioner.Errorf(provisioner.BuildFailed, "read version: %s holds no version", file).
			WithHint("describe where it is with `version_pattern`")
	}
	return version, nil
}

func readLimited(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxVersionFile))
	return string(content), err
}

func (v versionRule) fromCommand(ctx context.Context, p *project, dir string) (catalog.Version, error) {
	stdout, stderr := &toolrun.Buffer{Max: 64 << 10}, &toolrun.Buffer{Max: 64 << 10}
	args := append([]string{programPath(v.command[0], dir)}, v.command[1:]...)
	err := toolrun.Command{Args: args, Dir: dir, Env: p.compilerEnv(), Stdout: stdout, Stderr: stderr}.Run(ctx)
	if stop := failure.Stopped(ctx); stop != nil {
		return catalog.Version{}, stop
	}
	if err != nil {
		return catalog.Version{}, provisioner.Errorf(provisioner.BuildFailed, "run version_command: %w: %s", err,
			p.hideSecrets()(stderr.Text()))
	}
	version, err := catalog.ParseVersion(strings.TrimSpace(stdout.String()))
	if err != nil {
		return version, provisioner.Errorf(provisioner.BuildFailed, "read the output of version_command: %w", err)
	}
	return version, nil
}
