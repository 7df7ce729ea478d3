package checks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/trial"
	"github.com/rbee-keeper/provision/provisioner/vendortest/internal/wellformed"
)

func resolve(ctx context.Context, t *trial.Trial) error {
	r, err := t.Resolve(ctx, t.Query)
	if err == nil {
		t.Resolution = &r
		return nil
	}
	if wrong := t.RequireKind("resolve", err); wrong != nil {
		return wrong
	}
	hint := provisioner.HintOf(err)
	if provisioner.KindOf(err) == provisioner.InvalidConfig {
		hint = cmp.Or(wellformed.MissingKeys(*t.Description, t.Query), hint,
			"give the query the `with` and `config` that the vendor needs")
	}
	return trial.Hinted(err, hint)
}

// maxRejections is how many rejections a reason quotes.
const maxRejections = 5

// offers chooses the newest release, which is then fetched.
func offers(_ context.Context, t *trial.Trial) error {
	t.Release = newest(t.Resolution.Releases)
	if t.Release != nil {
		return nil
	}
	reason := fmt.Sprintf("nothing is offered for %s on %s/%s", t.Query.Type, t.Query.Platform, t.Query.Arch)
	for i, r := range t.Resolution.Rejected {
		if i == maxRejections {
			reason += fmt.Sprintf("\nand %d more", len(t.Resolution.Rejected)-i)
			break
		}
		reason += "\n" + strings.TrimSpace(r.Version+" "+r.Asset) + ": " + r.Reason
	}
	if t.MustOffer {
		return errors.New(reason)
	}
	return trial.Skipf("%s", reason)
}

// newest returns the newest release, or nil if there is none.
func newest(releases []provisioner.Release) *provisioner.Release {
	if len(releases) == 0 {
		return nil
	}
	r := slices.MaxFunc(releases, func(a, b provisioner.Release) int { return a.Version.Compare(b.Version) })
	return &r
}

func releases(_ context.Context, t *trial.Trial) error { return wellformed.Releases(*t.Resolution) }

func rejections(_ context.Context, t *trial.Trial) error {
	return wellformed.Rejections(t.Resolution.Rejected)
}

func constraint(ctx context.Context, t *trial.Trial) error {
	version := t.Release.Version
	q := t.Query
	for _, text := range []string{"= " + version.String(), ">= " + version.String()} {
		q.Constraint = catalog.MustConstraint(text)
		r, err := t.Resolve(ctx, q)
		if err != nil {
			return fmt.Errorf("with the constraint %q: %w", text, err)
		}
		isSame := func(r provisioner.Release) bool { return r.Version.Compare(version) == 0 }
		if !slices.ContainsFunc(r.Releases, isSame) {
			return fmt.Errorf("with the constraint %q, %s is no longer offered", text, version)
		}
	}
	return nil
}

// Names of what does not exist.
const (
	noType     = "unheard-of-llm"
	noArch     = "pdp11"
	noVersions = "> 999999999"
)

func nothing(ctx context.Context, t *trial.Trial) error {
	q := t.Query
	q.Type = noType
	if _, err := t.Resolve(ctx, q); err != nil {
		return fmt.Errorf("with the type %s: %w", noType, err)
	}
	q = t.Query
	q.Constraint = catalog.MustConstraint(noVersions)
	if _, err := t.Resolve(ctx, q); err != nil {
		return fmt.Errorf("with the constraint %s: %w", noVersions, err)
	}
	return nil
}

func platform(ctx context.Context, t *trial.Trial) error {
	q := t.Query
	q.Arch = noArch
	r, err := t.Resolve(ctx, q)
	if err != nil {
		err = fmt.Errorf("for %s/%s: %w", q.Platform, q.Arch, err)
		return trial.Hinted(err, "return an empty answer, not an error")
	}
	if n := len(r.Releases); n > 0 && !t.AnyPlatform {
		return fmt.Errorf("for %s/%s it offers %d releases; if they run everywhere, set AnyPlatform or --any-platform",
			q.Platform, q.Arch, n)
	}
	return nil
}

func resolveStable(ctx context.Context, t *trial.Trial) error {
	if t.Resolution.Volatile {
		return trial.Skipf("it reports that its answer can change at any moment")
	}
	return t.Use(ctx, t.Folders(""), func(v provisioner.Vendor) error {
		for range 2 { // the second time in the same process
			again, err := t.Ask(ctx, v, t.Query)
			if err != nil {
				return fmt.Errorf("the second time: %w", err)
			}
			if before, now := spelled(*t.Resolution), spelled(again); !slices.Equal(before, now) {
				return fmt.Errorf("first it offered %q, then %q", before, now)
			}
		}
		return nil
	})
}

// spelled describes each release that is offered, sorted: a vendor may change their order.
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

func mistakes(ctx context.Context, t *trial.Trial) error {
	return t.Use(ctx, t.Folders(""), func(v provisioner.Vendor) error {
		for _, m := range wellformed.Mistakes(*t.Description, t.Query) {
			_, err := t.Ask(ctx, v, m.Query)
			if err == nil {
				return fmt.Errorf("%s: it is not refused", m.What)
			}
			if err := t.RequireKind(m.What, err); err != nil {
				return err
			}
			if kind := provisioner.KindOf(err); kind != provisioner.InvalidConfig {
				return fmt.Errorf("%s: refused as %q, not as %q: %w", m.What, kind, provisioner.InvalidConfig, err)
			}
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
		}
		return nil
	})
}

// resolveCancel cancels Resolve before the call, early in it and, for a query that stalls, late.
func resolveCancel(ctx context.Context, t *trial.Trial) error {
	for _, after := range []time.Duration{-1, time.Millisecond} {
		if _, err := t.CancelResolve(ctx, t.Query, after); err != nil {
			return err
		}
	}
	if t.Stalled != nil {
		var err error
		if t.ResolveStall, err = t.CancelResolve(ctx, *t.Stalled, trial.StallTime); err != nil {
			return err
		}
	}
	return t.RequireGone()
}
