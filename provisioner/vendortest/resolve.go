package vendortest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

func checkResolve(ctx context.Context, s *session) error {
	if err := s.needDescription(); err != nil {
		return err
	}
	r, err := s.resolve(ctx, s.Query)
	if err != nil {
		if wrong := s.requireKind("resolve", err); wrong != nil {
			return wrong
		}
		hint := provisioner.HintOf(err)
		if provisioner.KindOf(err) == provisioner.InvalidConfig {
			hint = cmp.Or(s.missingKeys(), hint, "give the query the `with` and `config` that the vendor needs")
		}
		return hinted(failf("%v", err), hint)
	}
	s.resolution = &r
	return nil
}

// missingKeys tells which keys that the vendor requires are not in the query; empty if none is missing.
func (s *session) missingKeys() string {
	var parts []string
	for _, part := range []struct {
		name    string
		options []provisioner.Option
		given   json.RawMessage
	}{{"with", s.description.Options, s.Query.With}, {"config", s.description.Settings, s.Query.Config}} {
		var values map[string]json.RawMessage
		_ = json.Unmarshal(part.given, &values) // what can't be read lacks all
		var missing []string
		for _, o := range part.options {
			if _, ok := values[o.Name]; o.Required && !ok {
				missing = append(missing, o.Name)
			}
		}
		if len(missing) > 0 {
			parts = append(parts, fmt.Sprintf("give the query what the vendor requires in `%s`: %s (on the command line with `--%s`)",
				part.name, strings.Join(missing, ", "), part.name))
		}
	}
	return strings.Join(parts, "; ")
}

// checkOffers chooses the newest release, which is then fetched.
func checkOffers(_ context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	s.release = newest(s.resolution.Releases)
	if s.release != nil {
		return nil
	}
	reason := fmt.Sprintf("nothing is offered for %s on %s/%s", s.Query.Type, s.Query.Platform, s.Query.Arch)
	for i, refusal := range s.resolution.Rejected {
		if i == 5 {
			reason += fmt.Sprintf("\nand %d more", len(s.resolution.Rejected)-i)
			break
		}
		reason += "\n" + strings.TrimSpace(refusal.Version+" "+refusal.Asset) + ": " + refusal.Reason
	}
	if s.mustOffer {
		return failf("%s", reason)
	}
	return skipf("%s", reason)
}

// newest returns the newest of some releases; nil if there is none.
func newest(releases []provisioner.Release) *provisioner.Release {
	if len(releases) == 0 {
		return nil
	}
	r := slices.MaxFunc(releases, func(a, b provisioner.Release) int { return a.Version.Compare(b.Version) })
	return &r
}

// maxAnswers is how many releases and refusals the host takes.
const maxAnswers = 10_000

func checkReleases(_ context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	if n := len(s.resolution.Releases) + len(s.resolution.Rejected); n > maxAnswers {
		return failf("%d releases and refusals, more than %d", n, maxAnswers)
	}
	for _, r := range s.resolution.Releases {
		if wrong := wrongRelease(r); wrong != "" {
			return failf("release %s: %s", r.Version, wrong)
		}
	}
	return nil
}

// wrongRelease tells what is wrong with a release; empty if nothing is.
func wrongRelease(r provisioner.Release) string {
	switch {
	case r.Version.IsZero():
		return "it has no version"
	case r.Integrity != catalog.Published && r.Integrity != catalog.Built && r.Integrity != catalog.None:
		return fmt.Sprintf("its integrity %q is unknown", r.Integrity)
	case len(r.Files) == 0 && r.Integrity != catalog.Built:
		return "it names no file"
	}
	seen := map[string]bool{}
	for _, f := range r.Files {
		switch {
		case f.Name == "" || f.Name == "." || f.Name == ".." || strings.ContainsAny(f.Name, "/\\\x00"):
			return fmt.Sprintf("%q is not a base name", f.Name)
		case seen[f.Name]:
			return fmt.Sprintf("the file %s is there twice", f.Name)
		case f.Size < 0:
			return fmt.Sprintf("the size of %s is %d", f.Name, f.Size)
		case f.Digest != "" && !f.Digest.Valid():
			return fmt.Sprintf("the digest %q of %s is malformed", f.Digest, f.Name)
		case f.Digest == "" && r.Integrity == catalog.Published:
			return fmt.Sprintf("it is declared as published, and has no digest for %s", f.Name)
		}
		seen[f.Name] = true
	}
	return ""
}

func checkRefusals(_ context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	for _, r := range s.resolution.Rejected {
		what := strings.TrimSpace(r.Version + " " + r.Asset)
		if !r.Kind.Valid() {
			return failf("%q is refused with the unknown kind %q", what, r.Kind)
		}
		if strings.TrimSpace(r.Reason) == "" || strings.ContainsAny(r.Reason, "\r\n") {
			return failf("%q is refused with the reason %q, which is not one line", what, r.Reason)
		}
	}
	return nil
}

func checkConstraint(ctx context.Context, s *session) error {
	if err := s.needRelease(); err != nil {
		return err
	}
	version := s.release.Version.String()
	q := s.Query
	for _, text := range []string{"= " + version, ">= " + version} {
		q.Constraint = catalog.MustConstraint(text)
		r, err := s.resolve(ctx, q)
		if err != nil {
			return failf("with the constraint %q: %v", text, err)
		}
		if !slices.ContainsFunc(r.Releases, func(r provisioner.Release) bool { return r.Version.Compare(s.release.Version) == 0 }) {
			return failf("with the constraint %q, %s is not offered any more", text, version)
		}
	}
	return nil
}

// The names of what does not exist.
const (
	noType     = "unheard-of-llm"
	noArch     = "pdp11"
	noVersions = "> 999999999"
)

func checkNothing(ctx context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	unheard, future := s.Query, s.Query
	unheard.Type = noType
	future.Constraint = catalog.MustConstraint(noVersions)
	for what, q := range map[string]provisioner.Query{"the type " + noType: unheard, "the constraint " + noVersions: future} {
		if _, err := s.resolve(ctx, q); err != nil {
			return failf("with %s: %v", what, err)
		}
	}
	return nil
}

func checkPlatform(ctx context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	q := s.Query
	q.Arch = noArch
	r, err := s.resolve(ctx, q)
	if err != nil {
		return hinted(failf("for %s/%s: %v", q.Platform, q.Arch, err), "none is an empty answer, not an error")
	}
	if n := len(r.Releases); n > 0 && !s.AnyPlatform {
		return failf("for %s/%s it offers %d releases; if they do run everywhere, say so with AnyPlatform or --any-platform",
			q.Platform, q.Arch, n)
	}
	return nil
}

func checkStableResolution(ctx context.Context, s *session) error {
	if err := s.needResolution(); err != nil {
		return err
	}
	if s.resolution.Volatile {
		return skipf("it says that its answer may change at any moment")
	}
	return s.use(ctx, s.folders(""), func(v provisioner.Vendor) error {
		for range 2 { // the second in the same process
			again, err := s.ask(ctx, v, s.Query)
			if err != nil {
				return failf("the second time: %v", err)
			}
			if before, now := spelled(*s.resolution), spelled(again); !slices.Equal(before, now) {
				return failf("first it offered %q, then %q", before, now)
			}
		}
		return nil
	})
}

// spelled is what is offered, in an order of its own.
func spelled(r provisioner.Resolution) []string {
	var list []string
	for _, release := range r.Releases {
		text := fmt.Sprintf("%s %s %s", release.Version, release.Integrity, release.Revision)
		for _, f := range release.Files {
			text += fmt.Sprintf(" %s %d %s", f.Name, f.Size, f.Digest)
		}
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}
