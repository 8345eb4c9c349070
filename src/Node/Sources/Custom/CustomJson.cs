using System.Text.Json.Serialization;

namespace Screening.Node.Sources.Custom;

/// <summary>What is posted to a custom check's URL. What is not known is null.</summary>
internal sealed record CustomUrlRequest(string QueryId, string Client, string? Local, string Profile, string? Helo, string? Sender);

/// <summary>What comes back; everything but the action may be missing.</summary>
internal sealed record CustomUrlReply(string? Action, long? Ttl, long? Score, string? Reason);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 8, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(CustomUrlRequest))]
[JsonSerializable(typeof(CustomUrlReply))]
internal sealed partial class CustomJson : JsonSerializerContext;
