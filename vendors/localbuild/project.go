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

// project is what to build, with what, and for what machine, as the configuration and the query tell.
type project struct {
	options
	query     provisioner.Query
	origin    origin
	builder   builder
	toolchain *gotool.Toolchain // found out by findTools where the go command is among the tools
	found     map[string]toolrun.Found
}

// origin is where the source of a build comes from.
type origin interface {
	// tools are what it takes to get at the source.
	tools() []toolrun.Tool
	// releases lists what it offers, newest first, and refuses what is not wanted.
	releases(ctx context.Context, p *project) (provisioner.Resolution, error)
	// place puts the source of a release where it can be built.
	place(ctx context.Context, s *site) (tree, error)
}

// tree is a source that can be built.
type tree struct {
	dir      string // absolute
	revision string // of what lies there
	epoch    int64  // the time that a compiler may stamp its output with, in seconds since 1970
	details  map[string]string
	// verify, if set, returns an error if the source is no longer what it was.
	verify func(context.Context) error
}

// parseProject reads the configuration of q. Its errors are of kind InvalidConfig.
func parseProject(q provisioner.Query) (*project, error) {
	o, err := readOptions(q)
	if err != nil {
		return nil, err
	}
	p := &project{options: o, query: q, toolchain: &gotool.Toolchain{}}
	if p.origin, err = p.newOrigin(); err != nil {
		return nil, err
	}
	if p.builder, err = p.newBuilder(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *project) newOrigin() (origin, error) {
	switch p.Source {
	case sourceEmbedded:
		return embedded{}, nil
	case sourceDir:
		return newFolder(p)
	case sourceGit:
		return newRepository(p)
	default:
		return newModule(p)
	}
}

func (p *project) newBuilder() (builder, error) {
	switch {
	case p.Source == sourceModule:
		return moduleBuilder{goBuilder{p}}, nil
	case p.Builder == builderGo:
		return goBuilder{p}, nil
	case p.Builder == builderCargo:
		return cargoBuilder{p, &artifacts{}}, nil
	case p.Builder == builderCMake:
		return cmakeBuilder{p}, nil
	case p.Builder == builderMake:
		return makeBuilder{p}, nil
	default:
		return newCommandBuilder(p)
	}
}

// findTools looks for all that the project needs, before any work is done.
func (p *project) findTools(ctx context.Context) (err error) {
	tools := slices.Concat(p.origin.tools(), p.builder.tools())
	for _, name := range slices.Sorted(maps.Keys(p.Tools)) {
		tools = append(tools, toolrun.Tool{Name: name, Min: p.Tools[name]})
	}
	p.found, err = toolrun.FindAll(ctx, tools)
	return err
}

// key names the folder that is kept for the next build of the same: same source, same way to build, same machine.
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

// goTargets are the architectures that Go compiles to without a C compiler, of those that workers exist for.
var goTargets = map[catalog.Platform][]catalog.Arch{
	catalog.Linux:   {"amd64", "arm64", "386", "arm", "loong64", "ppc64le", "riscv64", "s390x"},
	catalog.MacOS:   {"amd64", "arm64"},
	catalog.Windows: {"amd64", "arm64", "386"},
}

// refusal tells why nothing is offered for the query, whatever there is; nil if something may be.
func (p *project) refusal() *provisioner.Rejection {
	q := p.query
	target := q.Platform.String() + "/" + q.Arch.String()
	unsupported := func(reason string) *provisioner.Rejection {
		return &provisioner.Rejection{Kind: provisioner.UnsupportedPlatform, Reason: reason}
	}
	onlyHere := p.Builder != builderGo || p.Cgo
	switch {
	case p.Source == sourceEmbedded && q.Type != catalog.CpuLlm:
		return &provisioner.Rejection{Kind: provisioner.NotFound,
			Reason: "the reference worker is for cpu-llm alone, not for " + q.Type.String()}
	case !q.Type.RunsOn(q.Platform):
		return unsupported(q.Type.String() + " does not exist for " + q.Platform.String())
	case onlyHere && target != here():
		return unsupported("built with a compiler of this machine, for " + here() + " alone, not for " + target)
	case !onlyHere && !slices.Contains(goTargets[q.Platform], q.Arch):
		return unsupported("go does not compile to " + target)
	default:
		return nil
	}
}

// here is this machine's platform and architecture.
func here() string { return catalog.Current().String() + "/" + catalog.CurrentArch().String() }

// jobs is how many compilers may run at once.
func (p *project) jobs() int {
	if p.Jobs > 0 {
		return p.Jobs
	}
	return runtime.GOMAXPROCS(0)
}

// offer sorts a version that may be built into a resolution.
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

// takesPrereleases reports whether prereleases are wanted: whoever names a folder or a branch wants what is there.
func (p *project) takesPrereleases() bool {
	isChoice := p.Source == sourceModule || p.Source == sourceGit && p.Ref == ""
	return !isChoice || p.Prereleases || p.query.Constraint.AsksPrerelease()
}

// maxOffers is how many releases are offered: the host steps back no further. Each costs a build, and what keeps
// several in a row from being built is rarely of theirs alone.
const maxOffers = 3

// newestFirst orders a resolution's releases and refusals, and leaves out those that nobody gets to.
func newestFirst(r *provisioner.Resolution) {
	slices.SortStableFunc(r.Releases, func(a, b provisioner.Release) int { return b.Version.Compare(a.Version) })
	for _, older := range r.Releases[min(len(r.Releases), maxOffers):] {
		r.Rejected = append(r.Rejected, provisioner.Rejection{Version: older.Version.String(), Kind: provisioner.NotFound,
			Reason: "enough newer ones are offered"})
	}
	r.Releases = r.Releases[:min(len(r.Releases), maxOffers)]
}
