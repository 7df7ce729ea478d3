package wellformed

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
)

// wrongValues are, for each kind of option, values that it does not accept.
var wrongValues = map[provisioner.OptionKind][]any{
	provisioner.StringOption:     {7, []any{"a"}},
	provisioner.PatternOption:    {7, "("},
	provisioner.BoolOption:       {"yes", 1},
	provisioner.IntOption:        {"seven", true},
	provisioner.StringsOption:    {"a", []any{7}},
	provisioner.MapOption:        {"a", map[string]any{"a": 7}},
	provisioner.PatternsOption:   {"a", []any{"("}},
	provisioner.PatternMapOption: {"a", map[string]any{"linux": "("}},
}

// noOption is a key, and a value, that no vendor has.
const noOption = "no_such_key_of_any_vendor"

// Mistake is a query with one mistake in its configuration.
type Mistake struct {
	What  string // for example "`with` lacks repo"
	Query provisioner.Query
}

// Mistakes derives wrong queries from q: for each option that a vendor describes, what it must refuse.
func Mistakes(d provisioner.Description, q provisioner.Query) []Mistake {
	var all []Mistake
	for _, s := range schemas(d, &q) {
		add := func(data []byte, format string, args ...any) {
			original := *s.data
			*s.data = data
			all = append(all, Mistake{fmt.Sprintf("`%s` ", s.name) + fmt.Sprintf(format, args...), q})
			*s.data = original
		}
		add([]byte(`["a"]`), "is a list")
		add(s.with(noOption, "a"), "has the unknown key %s", noOption)
		for _, o := range s.options {
			for _, wrong := range wrongValues[o.Kind] {
				add(s.with(o.Name, wrong), "has %s: %v", o.Name, wrong)
			}
			if len(o.Values) > 0 {
				add(s.with(o.Name, noOption), "has %s: %s", o.Name, noOption)
			}
			if o.Required {
				add(s.with(o.Name, nil), "lacks %s", o.Name)
			}
		}
	}
	return all
}

// MissingKeys describes which keys that a vendor requires are not in a query. It is empty if none is missing.
func MissingKeys(d provisioner.Description, q provisioner.Query) string {
	var parts []string
	for _, s := range schemas(d, &q) {
		var missing []string
		for _, o := range s.options {
			if _, ok := s.values()[o.Name]; o.Required && !ok {
				missing = append(missing, o.Name)
			}
		}
		if len(missing) > 0 {
			const format = "give the query what the vendor requires in `%s`: %s (on the command line with `--%s`)"
			parts = append(parts, fmt.Sprintf(format, s.name, strings.Join(missing, ", "), s.name))
		}
	}
	return strings.Join(parts, "; ")
}

// Variables lists the environment variables that a vendor declares, and those that the configuration of q names.
func Variables(d provisioner.Description, q provisioner.Query) []string {
	names := append([]string{}, d.Needs.Env...)
	for _, s := range schemas(d, &q) {
		for _, o := range s.options {
			if values, ok := s.values()[o.Name].([]any); ok && o.NamesEnv && s.name == "config" {
				for _, v := range values {
					names = append(names, fmt.Sprint(v))
				}
			}
		}
	}
	return names
}

// schema is one of the two JSON objects of a query, and the options that it may have.
type schema struct {
	name    string // "with" or "config"
	options []provisioner.Option
	data    *json.RawMessage // of the query
}

func schemas(d provisioner.Description, q *provisioner.Query) []schema {
	return []schema{{"with", d.Options, &q.With}, {"config", d.Settings, &q.Config}}
}

// values reads the object. Anything but a JSON object counts as an empty one.
func (s schema) values() map[string]any {
	values := map[string]any{}
	if json.Unmarshal(*s.data, &values) != nil || values == nil {
		return map[string]any{}
	}
	return values
}

// with returns the object with another value for a key, or without the key if the value is nil.
func (s schema) with(key string, value any) json.RawMessage {
	values := s.values()
	values[key] = value
	if value == nil {
		delete(values, key)
	}
	data, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("vendortest: encode decoded JSON: %v", err))
	}
	return data
}
