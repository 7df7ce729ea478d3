package localbuild

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/gotool"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// project is what the configuration and the query ask for: what to build, how, and for which machine.
type project struct {
	options
	query       provisioner.Query
	source      source
	builder     builder
	builderKind builderKind
	toolchain   *gotool.Toolchain // found out by findTools where the go command is among the tools
	found       map[string]toolrun.Found
}

// source is where the code comes from: a folder, a repository, a module. It lists releases and materializes one of
// them; it does not build.
type source interface {
	// tools are the programs that are needed to get the source.
	tools() []toolrun.Tool
	// releases lists what can be built, in any order, with the reasons for what is rejected.
	releases(ctx context.Context, p *project) (provisioner.Resolution, error)
	// materialize puts the source of a release into a folder where it can be built.
	materialize(ctx context.Context, s *build) (checkout, error)
}

// checkout is the source of one release in a folder where it can be built.
type checkout struct {
	dir      string // absolute
	revision string // of what lies there
	epoch    int64  // the time that a compiler may stamp its output with, in seconds since 1970
	details  map[string]string
	// verify returns an error if the source changed since it was read; nil if it cannot change.
	verify func(context.Context) error
}

// parseProject reads the configuration of q. Its errors are of kind InvalidConfig.
func parseProject(q provisioner.Query) (*project, error) {
	o, err := readOptions(q)
	if err != nil {
		return nil, err
	}
	p := &project{options: o, query: q, toolchain: &gotool.Toolchain{}}
	if p.builderKind, err = findBuilder(o.Builder); err != nil {
		return nil, err
	}
	if p.builder, err = p.builderKind.open(p); err != nil {
		return nil, err
	}
	kind, err := findSource(o.Source)
	if err != nil {
		return nil, err
	}
	p.source, err = kind.open(p)
	return p, err
}

// findTools finds all tools before any work is done.
func (p *project) findTools(ctx context.Context) (err error) {
	tools := slices.Concat(p.source.tools(), p.builder.tools())
	for _, name := range slices.Sorted(maps.Keys(p.Tools)) {
		tools = append(tools, toolrun.Tool{Name: name, Min: p.Tools[name]})
	}
	p.found, err = toolrun.FindAll(ctx, tools)
	return err
}

// key is the name of the workspace. It is the same for the same source, options and machine; options that do not change
// the objects are left out.
func (p *project) key() string {
	o := p.options
	o.Jobs, o.Timeout, o.Version, o.VersionFile, o.VersionPattern, o.VersionCommand, o.Tools = 0, "", "", "", "", "", nil
	text, err := json.Marshal(o)
	if err != nil {
		panic("localbuild: encode options: " + err.Error()) // strings, numbers, lists and maps of them
	}
	sum := sha256.Sum256(fmt.Appendf(text, " %s/%s", p.query.Platform, p.query.Arch))
	return fmt.Sprintf("%s-%x", p.Source, sum[:8])
}

// rejection returns why nothing can be offered for the query, or nil if something may be.
func (p *project) rejection() *provisioner.Rejection {
	q := p.query
	target := q.Platform.String() + "/" + q.Arch.String()
	unsupported := func(reason string) *provisioner.Rejection {
		return &provisioner.Rejection{Kind: provisioner.UnsupportedPlatform, Reason: reason}
	}
	onlyHere := p.builder.usesCompiler()
	switch {
	case p.Source == sourceEmbedded && q.Type != catalog.CpuLlm:
		return &provisioner.Rejection{Kind: provisioner.NotFound,
			Reason: "the reference worker is for cpu-llm alone, not for " + q.Type.String()}
	case !q.Type.RunsOn(q.Platform):
		return unsupported(q.Type.String() + " does not exist for " + q.Platform.String())
	case onlyHere && target != thisMachine():
		return unsupported("built with a compiler of this machine, for " + thisMachine() + " alone, not for " + target)
	case !onlyHere && !slices.Contains(goTargets[q.Platform], q.Arch):
		return unsupported("go does not compile to " + target)
	default:
		return nil
	}
}

// thisMachine is the platform and architecture of this machine.
func thisMachine() string { return catalog.Current().String() + "/" + catalog.CurrentArch().String() }

// jobs is how many compilers may run at once: the option, or one for each processor.
func (p *project) jobs() int {
	if p.Jobs > 0 {
		return p.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// offer adds a release to a resolution, or the reason why the query does not accept it.
func (p *project) offer(r *provisioner.Resolution, release provisioner.Release) {
	reason := ""
	switch {
	case release.Prerelease && !p.takesPrereleases():
		reason = "a prerelease; see `prereleases`"
	case !p.query.Constraint.Allows(release.Version):
		reason = "version " + release.Version.String() + " does not satisfy " + p.query.Constraint.String()
	}
	if reason != "" {
		r.Rejected = append(r.Rejected,
			provisioner.Rejection{Version: release.Version.String(), Kind: provisioner.NotFound, Reason: reason})
		return
	}
	r.Releases = append(r.Releases, release)
}

// takesPrereleases reports whether prereleases are accepted: always for a folder or a ref, which leave no choice.
func (p *project) takesPrereleases() bool {
	isChoice := p.Source == sourceGoModule || p.Source == sourceGit && p.Ref == ""
	return !isChoice || p.Prereleases || p.query.Constraint.AsksPrerelease()
}

// maxOffers is how many releases are offered. Each attempt costs a build, and the reason why one fails is rarely its
// own.
const maxOffers = 3

// newestFirst sorts the releases and rejects those beyond maxOffers.
func newestFirst(r *provisioner.Resolution) {
	slices.SortStableFunc(r.Releases, func(a, b provisioner.Release) int { return b.Version.Compare(a.Version) })
	for _, older := range r.Releases[min(len(r.Releases), maxOffers):] {
		r.Rejected = append(r.Rejected, provisioner.Rejection{Version: older.Version.String(), Kind: provisioner.NotFound,
			Reason: "enough newer versions are offered"})
	}
	r.Releases = r.Releases[:min(len(r.Releases), maxOffers)]
}
