package vendortest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/rbee-keeper/provision/provisioner"
)

// wrongValues are, for each kind of option, values that it does not take.
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

// mistake is a query with a mistake in its configuration.
type mistake struct {
	what  string
	query provisioner.Query
}

// noOption is a key that no vendor has.
const noOption = "no_such_key_of_any_vendor"

// mistakes are all those that the vendor's schema tells of.
func (s *session) mistakes() []mistake {
	in := func(where string) func(what string, data json.RawMessage) mistake {
		return func(what string, data json.RawMessage) mistake {
			q := s.Query
			if where == "with" {
				q.With = data
			} else {
				q.Config = data
			}
			return mistake{fmt.Sprintf("`%s` %s", where, what), q}
		}
	}
	return append(mistakesIn(s.Query.With, s.description.Options, in("with")),
		mistakesIn(s.Query.Config, s.description.Settings, in("config"))...)
}

func mistakesIn(data json.RawMessage, options []provisioner.Option, in func(string, json.RawMessage) mistake) []mistake {
	list := []mistake{
		in("is a list", json.RawMessage(`["a"]`)),
		in("has the unknown key "+noOption, with(data, noOption, "a")),
	}
	for _, o := range options {
		for _, wrong := range wrongValues[o.Kind] {
			list = append(list, in(fmt.Sprintf("has %s: %v", o.Name, wrong), with(data, o.Name, wrong)))
		}
		if len(o.Values) > 0 {
			list = append(list, in("has "+o.Name+": "+noOption, with(data, o.Name, noOption)))
		}
		if o.Required {
			list = append(list, in("lacks "+o.Name, without(data, o.Name)))
		}
	}
	return list
}

// object reads a JSON object; what is none is an empty one.
func object(data json.RawMessage) map[string]any {
	values := map[string]any{}
	if json.Unmarshal(data, &values) != nil {
		return map[string]any{}
	}
	return values
}

func with(data json.RawMessage, key string, value any) json.RawMessage {
	values := object(data)
	values[key] = value
	return encode(values)
}

func without(data json.RawMessage, key string) json.RawMessage {
	values := object(data)
	maps.DeleteFunc(values, func(k string, _ any) bool { return k == key })
	return encode(values)
}

func encode(values map[string]any) json.RawMessage {
	data, err := json.Marshal(values)
	if err != nil {
		panic(fmt.Sprintf("vendortest: encode what was decoded: %v", err))
	}
	return data
}

func checkMistakes(ctx context.Context, s *session) error {
	if err := s.needDescription(); err != nil {
		return err
	}
	return s.use(ctx, s.folders(""), func(v provisioner.Vendor) error {
		for _, m := range s.mistakes() {
			_, err := s.ask(ctx, v, m.query)
			if err == nil {
				return failf("%s: it is not refused", m.what)
			}
			if err := s.requireKind(m.what, err); err != nil {
				return err
			}
			if kind := provisioner.KindOf(err); kind != provisioner.InvalidConfig {
				return failf("%s: refused as %q, not as %q: %v", m.what, kind, provisioner.InvalidConfig, err)
			}
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
		}
		return nil
	})
}
