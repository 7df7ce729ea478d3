package spawn_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/rbee-keeper/provision/catalog"
	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/provisioner/engine"
	"github.com/rbee-keeper/provision/provisioner/spawn"
)

func ExampleStart() {
	ctx := context.Background()
	var p *engine.Provisioner // of builtin.Open
	worker, err := p.Ensure(ctx, provisioner.Request{Type: catalog.CpuLlm})
	if err != nil {
		log.Fatal(err)
	}
	w, err := spawn.Start(ctx, spawn.Options{
		Catalog: p.Catalog(), Entry: worker, Model: "/models/llama.gguf", QueenURL: "http://127.0.0.1:7833",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("serving at", w.Info().URL)
	<-w.Done()
	for _, line := range w.Tail() {
		fmt.Fprintln(os.Stderr, line)
	}
	log.Fatal(w.Err())
}
