package wire

import (
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/rbee-keeper/provision/plugins/vendorpb"
	"github.com/rbee-keeper/provision/provisioner"
)

// errorKinds are the values of the enum, and the gRPC codes for receivers that do not read ErrorInfo, such as an
// interceptor.
var errorKinds = map[provisioner.Kind]struct {
	enum vendorpb.ErrorKind
	code codes.Code
}{
	provisioner.NotFound:            {vendorpb.ErrorKind_ERROR_KIND_NOT_FOUND, codes.NotFound},
	provisioner.UnsupportedPlatform: {vendorpb.ErrorKind_ERROR_KIND_UNSUPPORTED_PLATFORM, codes.FailedPrecondition},
	provisioner.IncompleteRelease:   {vendorpb.ErrorKind_ERROR_KIND_INCOMPLETE_RELEASE, codes.FailedPrecondition},
	provisioner.Unreachable:         {vendorpb.ErrorKind_ERROR_KIND_UNREACHABLE, codes.Unavailable},
	provisioner.RateLimited:         {vendorpb.ErrorKind_ERROR_KIND_RATE_LIMITED, codes.ResourceExhausted},
	provisioner.Unauthorized:        {vendorpb.ErrorKind_ERROR_KIND_UNAUTHORIZED, codes.Unauthenticated},
	provisioner.MissingTool:         {vendorpb.ErrorKind_ERROR_KIND_MISSING_TOOL, codes.FailedPrecondition},
	provisioner.BuildFailed:         {vendorpb.ErrorKind_ERROR_KIND_BUILD_FAILED, codes.Aborted},
	provisioner.Unverified:          {vendorpb.ErrorKind_ERROR_KIND_UNVERIFIED, codes.FailedPrecondition},
	provisioner.BadPayload:          {vendorpb.ErrorKind_ERROR_KIND_BAD_PAYLOAD, codes.DataLoss},
	provisioner.PluginFault:         {vendorpb.ErrorKind_ERROR_KIND_PLUGIN_FAULT, codes.Internal},
	provisioner.DigestMismatch:      {vendorpb.ErrorKind_ERROR_KIND_DIGEST_MISMATCH, codes.DataLoss},
	provisioner.SignatureMismatch:   {vendorpb.ErrorKind_ERROR_KIND_SIGNATURE_MISMATCH, codes.DataLoss},
	provisioner.UnsafeArchive:       {vendorpb.ErrorKind_ERROR_KIND_UNSAFE_ARCHIVE, codes.DataLoss},
	provisioner.AmbiguousAsset:      {vendorpb.ErrorKind_ERROR_KIND_AMBIGUOUS_ASSET, codes.FailedPrecondition},
	provisioner.InvalidConfig:       {vendorpb.ErrorKind_ERROR_KIND_INVALID_CONFIG, codes.InvalidArgument},
	provisioner.Cancelled:           {vendorpb.ErrorKind_ERROR_KIND_CANCELLED, codes.Canceled},
	provisioner.Other:               {vendorpb.ErrorKind_ERROR_KIND_OTHER, codes.Unknown},
}

// decodeKind returns the kind that the enum's value stands for. It returns false for an unknown value.
func decodeKind(value vendorpb.ErrorKind) (provisioner.Kind, bool) {
	for kind, row := range errorKinds {
		if row.enum == value {
			return kind, true
		}
	}
	return "", false
}

// kindOf returns the kind for a status without an ErrorInfo, which a vendor in another language may return.
func kindOf(code codes.Code) provisioner.Kind {
	switch code {
	case codes.NotFound:
		return provisioner.NotFound
	case codes.Unavailable, codes.DeadlineExceeded:
		return provisioner.Unreachable
	case codes.ResourceExhausted:
		return provisioner.RateLimited
	case codes.Unauthenticated, codes.PermissionDenied:
		return provisioner.Unauthorized
	case codes.InvalidArgument:
		return provisioner.InvalidConfig
	case codes.DataLoss:
		return provisioner.BadPayload
	case codes.Canceled:
		return provisioner.Cancelled
	default:
		return provisioner.PluginFault
	}
}

// EncodeError turns an error of a vendor into a gRPC status with an ErrorInfo.
func EncodeError(err error) error {
	kind := provisioner.KindOf(err)
	info := &vendorpb.ErrorInfo{Kind: errorKinds[kind].enum, Message: Sanitize(err.Error())}
	if e, ok := errors.AsType[*provisioner.Error](err); ok {
		info.Hint = Sanitize(e.Hint)
		if !e.RetryAt.IsZero() {
			info.RetryAt = timestamppb.New(e.RetryAt)
		}
		if err == error(e) {
			info.Message = Sanitize(e.Message)
		}
	}
	code := codes.Unknown
	if row, ok := errorKinds[kind]; ok {
		code = row.code
	}
	plain := status.New(code, info.Message)
	detailed, err := plain.WithDetails(info)
	if err != nil { // only if info could not be encoded
		return plain.Err()
	}
	return detailed.Err()
}

// DecodeError decodes the status of a failed call. Explicit is false if the kind was derived from the gRPC code alone.
func DecodeError(err error) (e *provisioner.Error, explicit bool) {
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if info, ok := detail.(*vendorpb.ErrorInfo); ok {
			return decodeInfo(info), true
		}
	}
	e = &provisioner.Error{Kind: kindOf(s.Code()), Message: Sanitize(s.Message())}
	// gRPC itself returns "resource exhausted" for a message over the limit.
	if e.Kind == provisioner.RateLimited && strings.Contains(strings.ToLower(s.Message()), "message larger than max") {
		e.Kind = provisioner.PluginFault
	}
	return e, false
}

func decodeInfo(info *vendorpb.ErrorInfo) *provisioner.Error {
	kind, ok := decodeKind(info.GetKind())
	if !ok {
		return provisioner.Errorf(provisioner.PluginFault, "error of unknown kind %s: %s",
			info.GetKind(), Sanitize(info.GetMessage()))
	}
	e := &provisioner.Error{Kind: kind, Message: Sanitize(info.GetMessage()), Hint: Sanitize(info.GetHint())}
	if info.GetRetryAt().IsValid() {
		e.RetryAt = info.GetRetryAt().AsTime()
	}
	return e
}
