package catalog

import (
	"fmt"
	"strings"

	goversion "github.com/hashicorp/go-version"
)

// Version is a semantic version, ordered by hashicorp/go-version. The zero Version is no version.
type Version struct{ v *goversion.Version }

// ParseVersion reads a version such as "1.2.3", "v1.2" (which is 1.2.0) or "1.4.0-dev.12+g1a2b3c4".
func ParseVersion(s string) (Version, error) {
	v, err := goversion.NewVersion(s)
	if err != nil {
		return Version{}, fmt.Errorf("malformed version %q: use numbers such as 1.2.3", s)
	}
	return Version{v}, nil
}

// MustVersion is ParseVersion for a text that is known to be a version; it panics otherwise.
func MustVersion(s string) Version {
	v, err := ParseVersion(s)
	if err != nil {
		panic(err)
	}
	return v
}

// IsZero reports whether v is no version.
func (v Version) IsZero() bool { return v.v == nil }

// String is the version with at least three numbers and no leading "v".
func (v Version) String() string {
	if v.v == nil {
		return ""
	}
	return v.v.String()
}

// Compare returns -1, 0 or +1 as v is older than, as old as or newer than w. Build metadata does not count, and no
// version is older than any.
func (v Version) Compare(w Version) int {
	switch {
	case v.v == nil && w.v == nil:
		return 0
	case v.v == nil:
		return -1
	case w.v == nil:
		return 1
	default:
		return v.v.Compare(w.v)
	}
}

// IsPrerelease reports whether v has a prerelease suffix, such as -beta.1.
func (v Version) IsPrerelease() bool { return v.v != nil && v.v.Prerelease() != "" }

// MarshalText writes String.
func (v Version) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads what ParseVersion does; the empty text is no version.
func (v *Version) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*v = Version{}
		return nil
	}
	parsed, err := ParseVersion(string(text))
	if err != nil {
		return err
	}
	*v = parsed
	return nil
}

// Constraint is a condition on versions in the syntax of hashicorp/go-version, such as "~> 0.17" or ">= 1, < 2". The
// zero Constraint allows every version.
type Constraint struct {
	terms []term
	text  string
}

// term is one comparison of a Constraint.
type term struct {
	check   *goversion.Constraint
	bound   *goversion.Version
	isExact bool
}

// ParseConstraint reads a constraint; the empty text allows every version.
func ParseConstraint(s string) (Constraint, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Constraint{}, nil
	}
	parsed, err := goversion.NewConstraint(s)
	if err != nil {
		return Constraint{}, fmt.Errorf("malformed version constraint %q: use for example 1.2.3, \"~> 1.2\" or \">= 1, < 2\"",
			s)
	}
	c := Constraint{text: s}
	for _, check := range parsed {
		text := strings.TrimSpace(check.String())
		operand := strings.TrimLeft(text, "=!<>~ ")
		bound, err := goversion.NewVersion(operand)
		if err != nil {
			return Constraint{}, fmt.Errorf("malformed version %q in constraint %q", operand, s)
		}
		operator := strings.TrimSpace(strings.TrimSuffix(text, operand))
		c.terms = append(c.terms, term{check, bound, operator == "" || operator == "=" || operator == "!="})
	}
	return c, nil
}

// MustConstraint is ParseConstraint for a text that is known to be one; it panics otherwise.
func MustConstraint(s string) Constraint {
	c, err := ParseConstraint(s)
	if err != nil {
		panic(err)
	}
	return c
}

// String is the text that c was parsed from.
func (c Constraint) String() string { return c.text }

// IsZero reports whether c allows every version.
func (c Constraint) IsZero() bool { return len(c.terms) == 0 }

// AsksPrerelease reports whether c names a prerelease, and so admits them.
func (c Constraint) AsksPrerelease() bool {
	for _, t := range c.terms {
		if t.bound.Prerelease() != "" {
			return true
		}
	}
	return false
}

// Allows reports whether v satisfies c. A prerelease satisfies a range by its core version (1.3.0-beta satisfies "~>
// 1.2"): whether prereleases are wanted at all is decided before. Where a term names a prerelease of the same core, or
// one exact version, the whole version counts.
func (c Constraint) Allows(v Version) bool {
	if v.v == nil {
		return c.IsZero()
	}
	for _, t := range c.terms {
		if !t.allows(v.v) {
			return false
		}
	}
	return true
}

func (t term) allows(v *goversion.Version) bool {
	core := v.Core()
	if v.Prerelease() == "" || t.isExact || t.bound.Prerelease() != "" && core.Equal(t.bound.Core()) {
		return t.check.Check(v)
	}
	return t.check.Check(core)
}

// MarshalText writes the text that c was parsed from.
func (c Constraint) MarshalText() ([]byte, error) { return []byte(c.text), nil }

// UnmarshalText reads what ParseConstraint does.
func (c *Constraint) UnmarshalText(text []byte) error {
	parsed, err := ParseConstraint(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}
