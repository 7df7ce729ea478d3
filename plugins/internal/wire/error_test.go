package wire

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

func TestError_withoutKindIsClassifiedAsInOneProcess(t *testing.T) {
	for _, err := range []error{errors.New("disk full"), context.Canceled, fmt.Errorf("read: %w", context.Canceled)} {
		got, explicit := DecodeError(EncodeError(err))
		require.True(t, explicit)
		require.Equal(t, provisioner.KindOf(err), got.Kind)
		require.Equal(t, err.Error(), got.Message)
	}
}

func TestError_wrappedKeepsKindAndHint(t *testing.T) {
	cause := provisioner.Errorf(provisioner.MissingTool, "no compiler").WithHint("install one")
	got, _ := DecodeError(EncodeError(fmt.Errorf("build 1.2.3: %w", cause)))
	want := &provisioner.Error{Kind: provisioner.MissingTool, Message: "build 1.2.3: no compiler", Hint: "install one"}
	require.Equal(t, want, got)
}

func TestError_ofUnknownKindIsPluginFault(t *testing.T) {
	for _, kind := range []vendorpb.ErrorKind{0, 99} {
		s, err := status.New(codes.NotFound, "gone").WithDetails(&vendorpb.ErrorInfo{Kind: kind, Message: "gone"})
		require.NoError(t, err)
		got, explicit := DecodeError(s.Err())
		require.True(t, explicit)
		require.Equal(t, provisioner.PluginFault, got.Kind)
		require.ErrorContains(t, got, "gone")
	}
	got, _ := DecodeError(EncodeError(&provisioner.Error{Kind: "mood", Message: "gone"}))
	require.Equal(t, provisioner.PluginFault, got.Kind)
}

func TestDecodeError_readsCodeOfPlainStatus(t *testing.T) {
	for code, want := range map[codes.Code]provisioner.Kind{
		codes.NotFound:           provisioner.NotFound,
		codes.Unavailable:        provisioner.Unreachable,
		codes.DeadlineExceeded:   provisioner.Unreachable,
		codes.ResourceExhausted:  provisioner.RateLimited,
		codes.Unauthenticated:    provisioner.Unauthorized,
		codes.PermissionDenied:   provisioner.Unauthorized,
		codes.InvalidArgument:    provisioner.InvalidConfig,
		codes.DataLoss:           provisioner.BadPayload,
		codes.Canceled:           provisioner.Cancelled,
		codes.Unknown:            provisioner.PluginFault,
		codes.Internal:           provisioner.PluginFault,
		codes.Unimplemented:      provisioner.PluginFault,
		codes.FailedPrecondition: provisioner.PluginFault,
	} {
		got, explicit := DecodeError(status.Error(code, "so it is"))
		require.False(t, explicit)
		require.Equal(t, &provisioner.Error{Kind: want, Message: "so it is"}, got)
	}
}

func TestDecodeError_messageOverLimitIsNotRateLimit(t *testing.T) {
	got, _ := DecodeError(status.Error(codes.ResourceExhausted, "CLIENT: Received message larger than max (9 vs. 4)"))
	require.Equal(t, provisioner.PluginFault, got.Kind)
}

func TestSanitize_removesTerminalCommands(t *testing.T) {
	err := &provisioner.Error{
		Kind:    provisioner.BuildFailed,
		Message: "bad \x1b[31mred\x1b]0;title\x07\r\u009b2J",
		Hint:    "\x1b[2Jline\n\tline \u202Eback",
	}
	got, _ := DecodeError(EncodeError(err))
	require.Equal(t, "bad [31mred]0;title2J", got.Message)
	require.Equal(t, "[2Jline\n\tline back", got.Hint)
}

func TestSanitize_makesAnyBytesValid(t *testing.T) {
	err := provisioner.Errorf(provisioner.BuildFailed, "caf\xe9 %s", strings.Repeat("é", maxText))
	got, explicit := DecodeError(EncodeError(err))
	require.True(t, explicit)
	require.True(t, strings.HasPrefix(got.Message, "caf\uFFFD é"))
	require.Less(t, len(got.Message), maxText+20)
}
