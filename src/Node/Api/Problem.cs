using System.Text.Json.Serialization;

namespace Screening.Node.Api;

/// <summary>Why a request was refused or failed (RFC 9457). A proxy between command and node may leave anything out.</summary>
/// <param name="Type">A page that describes the status.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">What is wrong with this request.</param>
/// <param name="Errors">All faults, where a request can have more than one.</param>
internal sealed record Problem(
    string? Type = null,
    string? Title = null,
    int? Status = null,
    string? Detail = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Errors = null);
