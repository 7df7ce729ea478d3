//go:build ignore

// Generate writes the Go code of vendor.proto into vendorpb, with the tools that .ci/tools.mod pins and without protoc.
// Run it by `go generate ./plugins/...`: in the folder of vendor.proto, with -modfile naming tools.mod.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	root      = ".."
	source    = "plugins/vendor.proto" // below root; the name under which it is registered
	outputDir = "vendorpb"
	toolsFile = "../.ci/tools.mod"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate() error {
	request, err := compile()
	if err != nil {
		return fmt.Errorf("compile %s: %w", source, err)
	}
	for _, tool := range []string{"protoc-gen-go", "protoc-gen-go-grpc"} {
		response, err := run(tool, request)
		if err != nil {
			return fmt.Errorf("run %s: %w", tool, err)
		}
		for _, file := range response.File {
			path := filepath.Join(outputDir, filepath.Base(file.GetName()))
			if err := os.WriteFile(path, []byte(file.GetContent()), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// compile parses the source, comments included, and everything that it imports.
func compile() (*pluginpb.CodeGeneratorRequest, error) {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{root}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), source)
	if err != nil {
		return nil, err
	}
	return &pluginpb.CodeGeneratorRequest{
		FileToGenerate: []string{source},
		Parameter:      proto.String("paths=source_relative"),
		ProtoFile:      withImports(nil, files[0]),
	}, nil
}

type fileProto = descriptorpb.FileDescriptorProto

// withImports appends file to list, behind all that it imports.
func withImports(list []*fileProto, file protoreflect.FileDescriptor) []*fileProto {
	for i := range file.Imports().Len() {
		list = withImports(list, file.Imports().Get(i).FileDescriptor)
	}
	return append(list, protoutil.ProtoFromFileDescriptor(file))
}

func run(tool string, request *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	input, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "tool", "-modfile="+toolsFile, tool)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), os.Stderr
	output, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	response := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(output, response); err != nil {
		return nil, err
	}
	if response.Error != nil {
		return nil, fmt.Errorf("%s", response.GetError())
	}
	return response, nil
}
