package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

// shutdownTimeout bounds how long answers under way may take at the end.
const shutdownTimeout = time.Second

// serve answers until ctx is done, and tells the queen of each change meanwhile.
func serve(ctx context.Context, o options, stdout io.Writer, logger *log.Logger) error {
	listener, port, err := listen(o)
	if err != nil {
		return fmt.Errorf("open port: %w", err)
	}
	beats := newHeartbeat(o, port, logger)
	beats.start()

	server := &http.Server{Handler: routes(), ReadHeaderTimeout: 5 * time.Second, ErrorLog: logger}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(stdout, "listening on %s\n", listener.Addr())
	beats.ready()

	select {
	case err = <-failed:
	case <-ctx.Done():
		logger.Print("stopping")
	}
	beats.stopping()
	shutdown(server)
	beats.stopped()
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// listen opens the port, or takes the socket that was handed over.
func listen(o options) (net.Listener, int, error) {
	var listener net.Listener
	var err error
	if o.socket != 0 {
		file := os.NewFile(uintptr(o.socket), "socket")
		defer file.Close() // the listener has a copy
		listener, err = net.FileListener(file)
	} else {
		listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.port))
	}
	if err != nil {
		return nil, 0, err
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		listener.Close()
		return nil, 0, fmt.Errorf("socket %d is not of TCP", o.socket)
	}
	return listener, address.Port, nil
}

// routes is all that the worker serves. A worker with an engine adds its own routes for inference here.
func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"status":"healthy"}`)
	})
	return mux
}

func shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		server.Close()
	}
}
