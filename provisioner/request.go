package provisioner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
)

// Request asks for a worker. Only Type must be set; the zero value of every other field is the usual request.
type Request struct {
	Type       catalog.WorkerType
	Constraint catalog.Constraint // zero allows every version
	Platform   catalog.Platform   // empty is this machine's
	Arch       catalog.Arch       // empty is this machine's, or another platform's usual one
	Vendor     string             // ask this vendor alone; empty asks all that are configured
	Offline    bool               // ask no vendor at all
	Refresh    bool               // try also what is left alone for a while: sources out of reach, files found unusable
	Force      bool               // install the best candidate even if it is installed already
	Strict     bool               // never use a fallback source
	// how closely an entry is verified before it is returned; empty: as the engine's options say
	Verify VerifyLevel
	// OnEvent, if set, receives the events, from one goroutine at a time. It must return soon.
	OnEvent func(Event)
}

// ParseRequest reads the short form TYPE[@CONSTRAINT], such as "cpu-llm" or "cpu-llm@~> 0.17".
func ParseRequest(s string) (Request, error) {
	name, constraint, pinned := strings.Cut(s, "@")
	t, err := catalog.ParseWorkerType(name)
	if err != nil {
		return Request{}, Errorf(InvalidConfig, "%w", err)
	}
	c, err := catalog.ParseConstraint(constraint)
	if err == nil && pinned && c.IsZero() {
		err = fmt.Errorf("missing version constraint after %q", name+"@")
	}
	if err != nil {
		return Request{}, Errorf(InvalidConfig, "%w", err)
	}
	return Request{Type: t, Constraint: c}, nil
}

// String returns the short form that ParseRequest reads.
func (r Request) String() string {
	if r.Constraint.IsZero() {
		return r.Type.String()
	}
	return r.Type.String() + "@" + r.Constraint.String()
}

// CommandArgs returns r as arguments of the command line, for hints.
func (r Request) CommandArgs() string {
	text := r.Type.String()
	if !r.Constraint.IsZero() {
		text = fmt.Sprintf("'%s'", r)
	}
	if r.Platform != "" && (r.Platform != catalog.Current() || r.Arch != catalog.CurrentArch()) {
		text += " --platform " + r.Target()
	}
	if r.Vendor != "" {
		text += " --vendor " + r.Vendor
	}
	return text
}

// Target returns the platform and architecture, such as "linux/amd64".
func (r Request) Target() string { return fmt.Sprintf("%s/%s", r.Platform, r.Arch) }

// Complete fills in the platform and architecture of this machine where r leaves them open. The error is an *Error of
// kind InvalidConfig or UnsupportedPlatform.
func (r Request) Complete() (Request, error) {
	if !r.Type.Valid() {
		return r, Errorf(InvalidConfig, "malformed worker type %q", r.Type)
	}
	if r.Platform == "" {
		r.Platform = catalog.Current()
	}
	if !r.Platform.Valid() {
		return r, Errorf(UnsupportedPlatform, "no workers exist for %s", r.Platform)
	}
	if r.Arch == "" && r.Platform == catalog.Current() {
		r.Arch = catalog.CurrentArch()
	} else if r.Arch == "" {
		r.Arch = r.Platform.UsualArch()
	}
	if !r.Arch.Valid() {
		return r, Errorf(InvalidConfig, "unknown architecture %q", r.Arch)
	}
	if r.Verify != "" && !slices.Contains(VerifyLevels(), r.Verify) {
		return r, Errorf(InvalidConfig, "entries can't be verified by %q", r.Verify)
	}
	if !r.Type.RunsOn(r.Platform) {
		return r, Errorf(UnsupportedPlatform, "%s does not exist for %s", r.Type, r.Platform).
			WithHint("on this platform use another type, such as %s", catalog.CpuLlm)
	}
	return r, nil
}
