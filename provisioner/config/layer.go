package config

import (
	"bytes"
	_ "embed" // for the built-in layer
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const (
	builtInFile = "built-in provision.yaml"
	maxSize     = 1 << 20 // bytes of a file
)

//go:embed provision.yaml
var builtIn []byte

// Default returns the text of the built-in layer.
func Default() []byte { return bytes.Clone(builtIn) }

// complete sets the files that o does not name to their defaults.
func (o Options) complete() Options {
	if o.Explicit == "" {
		o.Explicit = os.Getenv("PROVISION_CONFIG")
	}
	if o.System == "" {
		o.System = systemFile(runtime.GOOS, os.Getenv("ProgramData"))
	}
	if o.User == "" {
		if dir, err := os.UserConfigDir(); err == nil { // a service without a home has no such layer
			o.User = filepath.Join(dir, "rbee", "provision.yaml")
		}
	}
	return o
}

// systemFile returns the default of Options.System. It is empty if %ProgramData% is not set: a relative path would be
// looked up in the working folder.
func systemFile(goos, programData string) string {
	switch {
	case goos != "windows":
		return "/etc/rbee/provision.yaml"
	case programData == "":
		return ""
	default:
		return filepath.Join(programData, "rbee", "provision.yaml")
	}
}

// read parses all layers that exist. The built-in one is the first.
func (o Options) read() []*document {
	o = o.complete()
	documents := []*document{parse(builtInFile, builtIn)}
	for _, layer := range []struct {
		path    string
		mayMiss bool
	}{{o.System, true}, {o.User, true}, {o.Explicit, false}} {
		path := layer.path
		if path == "" {
			continue
		}
		data, err := readFile(path)
		switch {
		case err == nil:
			documents = append(documents, parse(path, data))
		case layer.mayMiss && errors.Is(err, fs.ErrNotExist):
		default:
			documents = append(documents, unreadable(path, err))
		}
	}
	return documents
}

// unreadable returns the document of a file that could not be read.
func unreadable(path string, err error) *document {
	problem := &Error{File: path, Message: err.Error(), Err: err}
	if e, ok := errors.AsType[*fs.PathError](err); ok { // which names the file once more
		problem.Message = fmt.Sprintf("%s file: %v", e.Op, e.Err)
	}
	return &document{file: path, problems: []*Error{problem}}
}

// readFile reads a file of at most maxSize.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSize {
		return nil, fmt.Errorf("larger than %d bytes", maxSize)
	}
	return data, nil
}
