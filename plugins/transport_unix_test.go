//go:build !windows

package plugins

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
)

const socketKey = "PLUGINS_TEST_SOCKET"

// beOtherEnd is what does not belong at one end of a vendor's socket.
func beOtherEnd(role string) {
	map[string]func(){"impostor": beImpostor, "stranger": beStranger, "intruder": beIntruder}[role]()
}

// beImpostor is a vendor that hands out the socket of another process, which left its group.
func beImpostor() {
	address := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "socket")
	c := command("stranger")
	stranger := exec.Command(c.Path)
	stranger.Env = append(c.Env, socketKey+"="+address)
	stranger.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := stranger.StdoutPipe()
	if err != nil || stranger.Start() != nil {
		panic(err)
	}
	_, _ = stdout.Read(make([]byte, 1)) // it listens
	fmt.Printf("1|1|unix|%s|grpc|\n", address)
	time.Sleep(time.Hour)
}

// beStranger listens at a socket until somebody has connected and gone.
func beStranger() {
	listener, err := net.Listen("unix", os.Getenv(socketKey))
	if err != nil {
		panic(err)
	}
	fmt.Println("listening")
	if conn, err := listener.Accept(); err == nil {
		_, _ = conn.Read(make([]byte, 1))
	}
}

// beIntruder asks a vendor that another process started who it is.
func beIntruder() {
	conn, err := grpc.NewClient("unix:"+os.Getenv(socketKey), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	answer, err := vendorpb.NewVendorClient(conn).Describe(ctx, &vendorpb.DescribeRequest{})
	fmt.Printf("%s %v\n", answer.GetName(), err != nil)
}

func TestAVendorAnswersNobodyButItsHost(t *testing.T) {
	p := launch(t, "vendor")
	c := command("intruder")
	intruder := exec.Command(c.Path)
	intruder.Env = append(c.Env, socketKey+"="+p.process.socket.address)
	out, err := intruder.CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, " true\n", string(out), "no name, but an error")
	_, err = p.Describe(t.Context())
	require.NoError(t, err, "the host is still answered")
	require.NoError(t, p.Close())
	require.Contains(
		t,
		p.process.stderr.tail.String(),
		fmt.Sprintf("refused a connection: process %d of user", intruder.Process.Pid),
	)
}

func TestASocketThatAnotherProcessServesIsRefused(t *testing.T) {
	_, err := Launch(t.Context(), command("impostor"))
	requireFault(t, err, "is served by process", "which is not the vendor")
}

// A script may start the program that serves.
func TestAVendorBehindAScriptIsServed(t *testing.T) {
	script := filepath.Join(t.TempDir(), "vendor")
	c := command("vendor")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\n'"+c.Path+"'\nexit $?\n"), 0o755))
	c.Path = script
	p, err := Launch(t.Context(), c)
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	description, err := p.Describe(t.Context())
	require.NoError(t, err)
	require.Equal(t, testDescription, description)
}
