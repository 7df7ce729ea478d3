package vendortest

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
)

var (
	vendorName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	optionName = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	variable   = regexp.MustCompile(`^[^=\s\x00]+$`) // such as ProgramFiles(x86)
)

const maxNameLength = 64

// describe asks the vendor who it is, in an environment that holds nothing.
func (s *session) describe(ctx context.Context) (d provisioner.Description, err error) {
	described := s.description
	s.description = nil // its variables are not to be handed on
	defer func() { s.description = described }()
	err = s.use(ctx, provisioner.Folders{}, func(v provisioner.Vendor) error {
		return s.bounded(ctx, func(ctx context.Context) (err error) {
			d, err = v.Describe(ctx)
			return err
		})
	})
	return d, err
}

func checkDescribe(ctx context.Context, s *session) error {
	if err := s.needStart(); err != nil {
		return err
	}
	d, err := s.describe(ctx)
	if err != nil {
		return failf("%v", err)
	}
	s.description = &d
	if _, err := catalog.ParseVersion(d.Version); err != nil {
		return hinted(err, "give a semantic version, such as 0.1.0")
	}
	return nil
}

func checkName(_ context.Context, s *session) error {
	if err := s.needDescription(); err != nil {
		return err
	}
	if name := s.description.Name; !vendorName.MatchString(name) || len(name) > maxNameLength {
		return failf("the name %q is not a slug of at most %d bytes", name, maxNameLength)
	}
	return nil
}

func checkOptions(_ context.Context, s *session) error {
	if err := s.needDescription(); err != nil {
		return err
	}
	for where, options := range map[string][]provisioner.Option{"with": s.description.Options, "config": s.description.Settings} {
		seen := map[string]bool{}
		for _, o := range options {
			if wrong := wrongOption(o, where); wrong != "" {
				return failf("option %q of `%s`: %s", o.Name, where, wrong)
			}
			if seen[o.Name] {
				return failf("option %q of `%s` is there twice", o.Name, where)
			}
			seen[o.Name] = true
		}
	}
	return nil
}

// wrongOption tells what is wrong with an option; empty if nothing is.
func wrongOption(o provisioner.Option, where string) string {
	switch {
	case !optionName.MatchString(o.Name):
		return "its name is not of lower-case words joined by underscores"
	case wrongValues[o.Kind] == nil:
		return fmt.Sprintf("its kind %q is unknown", o.Kind)
	case strings.TrimSpace(o.Help) == "" || strings.ContainsAny(o.Help, "\r\n"):
		return "its help is not one line"
	case len(o.Values) > 0 && o.Kind != provisioner.StringOption:
		return "only a string may be one of some values"
	case o.NamesEnv && where == "with":
		return "only a setting of `config` may name variables of the environment"
	case o.NamesEnv && o.Kind != provisioner.StringsOption:
		return "only a list of strings may name variables of the environment"
	default:
		return ""
	}
}

func checkNeeds(_ context.Context, s *session) error {
	if err := s.needDescription(); err != nil {
		return err
	}
	for _, name := range s.description.Needs.Env {
		if !variable.MatchString(name) {
			return failf("%q is not the name of a variable of the environment", name)
		}
	}
	for _, tool := range s.description.Needs.Tools {
		if tool == "" || tool == "." || tool == ".." || strings.ContainsAny(tool, `/\ `) {
			return failf("%q is not the name of a program in PATH", tool)
		}
	}
	return nil
}

func checkStableDescription(ctx context.Context, s *session) error {
	if err := s.needDescription(); err != nil {
		return err
	}
	again, err := s.describe(ctx)
	if err != nil {
		return failf("the second time: %v", err)
	}
	if !reflect.DeepEqual(again, *s.description) {
		return failf("first it was %+v, then %+v", *s.description, again)
	}
	return nil
}

// variables are those that the vendor declares, and that its configuration names.
func (s *session) variables() []string {
	if s.description == nil {
		return nil
	}
	names := slices.Clone(s.description.Needs.Env)
	config := object(s.Query.Config)
	for _, o := range s.description.Settings {
		if values, ok := config[o.Name].([]any); ok && o.NamesEnv {
			for _, v := range values {
				names = append(names, fmt.Sprint(v))
			}
		}
	}
	return names
}
