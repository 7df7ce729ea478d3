package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// parseOrder reads a JSON object with the field "operation" and those of that operation. Errors are a refusal.
func parseOrder(body []byte) (operation, order, error) {
	var fields map[string]json.RawMessage
	var name string
	if err := json.Unmarshal(body, &fields); err != nil {
		why := ""
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			why = ": " + syntax.Error()
		}
		return operation{}, order{}, refusal{Message: "the body is not a JSON object" + why}
	}
	if err := json.Unmarshal(fields["operation"], &name); err != nil {
		return operation{}, order{}, refusal{"want the name of an operation in the field \"operation\"", operationNames()}
	}
	op, ok := operations[name]
	if !ok {
		return operation{}, order{}, refusal{fmt.Sprintf("unknown operation %q", name), operationNames()}
	}
	op.name = name
	o, err := op.parse(fields, body)
	return op, o, err
}

// parse checks that the fields are those of the operation, and reads them.
func (op operation) parse(fields map[string]json.RawMessage, body []byte) (o order, err error) {
	for field := range fields {
		if field != "operation" && !slices.Contains(op.fields, field) {
			return o, refusal{fmt.Sprintf("%s has no field %q", op.name, field), op.fields}
		}
	}
	if text := string(fields[op.required]); op.required != "" && (text == "" || text == "null" || text == `""`) {
		return o, refusal{fmt.Sprintf("%s wants the field %q", op.name, op.required), op.fields}
	}
	err = json.Unmarshal(body, &o)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return o, refusal{Message: fmt.Sprintf("%s takes no %s", mismatch.Field, mismatch.Value)}
	}
	if err == nil {
		err = o.validate()
	}
	if err != nil {
		return o, refusal{Message: err.Error()}
	}
	return o, nil
}

// validate refuses what no worker can be started with.
func (o order) validate() error {
	if o.Port < 0 || o.Port > 65535 {
		return fmt.Errorf("port %d is not between 0 and 65535", o.Port)
	}
	if slices.ContainsFunc(slices.Concat(o.Args, []string{o.Model, o.QueenURL}),
		func(s string) bool { return strings.ContainsRune(s, 0) }) {
		return errors.New("no argument of a worker can hold a zero byte")
	}
	if o.QueenURL != "" {
		queen, err := url.Parse(o.QueenURL)
		if err != nil || queen.Host == "" || queen.Scheme != "http" && queen.Scheme != "https" {
			return errors.New("want a queen's URL such as http://127.0.0.1:7833") // it may hold a secret, and is not told
		}
	}
	return nil
}
