package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
)

// badOrder is an order that can't be carried out whatever happens, and what is known instead.
type badOrder struct {
	Message string   `json:"error"`
	Known   []string `json:"known,omitempty"`
}

func (e badOrder) Error() string { return e.Message }

// parseOrder reads a JSON object with the key "operation" and the fields of that operation.
func parseOrder(body []byte) (operation, order, error) {
	var fields map[string]json.RawMessage
	var name string
	if err := json.Unmarshal(body, &fields); err != nil {
		return operation{}, order{}, badOrder{Message: "the body is not a JSON object: " + err.Error()}
	}
	if err := json.Unmarshal(fields["operation"], &name); err != nil {
		return operation{}, order{}, badOrder{"want the name of an operation as operation", operationNames()}
	}
	op, ok := operations[name]
	if !ok {
		return operation{}, order{}, badOrder{fmt.Sprintf("unknown operation %q", name), operationNames()}
	}
	op.name = name
	o, err := op.parse(fields, body)
	return op, o, err
}

// parse checks that the fields are those of the operation, and reads them.
func (op operation) parse(fields map[string]json.RawMessage, body []byte) (o order, err error) {
	for field := range fields {
		if field != "operation" && !slices.Contains(op.fields, field) {
			return o, badOrder{fmt.Sprintf("%s has no field %q", op.name, field), op.fields}
		}
	}
	if text := string(fields[op.required]); op.required != "" && (text == "" || text == "null" || text == `""`) {
		return o, badOrder{fmt.Sprintf("%s wants the field %q", op.name, op.required), op.fields}
	}
	err = json.Unmarshal(body, &o)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return o, badOrder{Message: fmt.Sprintf("%s is no %s", mismatch.Field, mismatch.Value)}
	}
	if err == nil {
		err = o.validate()
	}
	if err != nil {
		return o, badOrder{Message: err.Error()}
	}
	return o, nil
}

// validate refuses what no worker can be started with.
func (o order) validate() error {
	if o.Port < 0 || o.Port > 65535 {
		return fmt.Errorf("port %d is not between 0 and 65535", o.Port)
	}
	if o.QueenURL != "" {
		queen, err := url.Parse(o.QueenURL)
		if err != nil || queen.Host == "" || queen.Scheme != "http" && queen.Scheme != "https" {
			return errors.New("want a queen's URL such as http://127.0.0.1:7833") // it may hold a secret, and is not told
		}
	}
	return nil
}
