package wellformed

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

// maxAnswers is how many releases and rejections the host accepts in one answer.
const maxAnswers = 10_000

// Releases checks the releases of an answer.
func Releases(r provisioner.Resolution) error {
	if n := len(r.Releases) + len(r.Rejected); n > maxAnswers {
		return fmt.Errorf("there are %d releases and rejections, more than %d", n, maxAnswers)
	}
	for _, release := range r.Releases {
		if err := checkRelease(release); err != nil {
			return fmt.Errorf("release %s: %w", release.Version, err)
		}
	}
	return nil
}

func checkRelease(r provisioner.Release) error {
	switch {
	case r.Version.IsZero():
		return errors.New("it has no version")
	case r.Integrity != catalog.Published && r.Integrity != catalog.Built && r.Integrity != catalog.None:
		return fmt.Errorf("the integrity %q is unknown", r.Integrity)
	case len(r.Files) == 0 && r.Integrity != catalog.Built:
		return errors.New("it names no file")
	}
	seen := map[string]bool{}
	for _, f := range r.Files {
		switch {
		case !isBaseName(f.Name):
			return fmt.Errorf("%q is not a base name", f.Name)
		case seen[f.Name]:
			return fmt.Errorf("it names the file %s twice", f.Name)
		case f.Size < 0:
			return fmt.Errorf("the size of %s is %d", f.Name, f.Size)
		case f.Digest != "" && !f.Digest.Valid():
			return fmt.Errorf("the digest %q of %s is malformed", f.Digest, f.Name)
		case f.Digest == "" && r.Integrity == catalog.Published:
			return fmt.Errorf("it is declared as published, but %s has no digest", f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

// Rejections checks that each rejection has a kind and a reason.
func Rejections(rejected []provisioner.Rejection) error {
	for _, r := range rejected {
		what := strings.TrimSpace(r.Version + " " + r.Asset)
		if !r.Kind.Valid() {
			return fmt.Errorf("the rejection of %q has the unknown kind %q", what, r.Kind)
		}
		if !isOneLine(r.Reason) {
			return fmt.Errorf("the rejection of %q has the reason %q, which is not one line", what, r.Reason)
		}
	}
	return nil
}
