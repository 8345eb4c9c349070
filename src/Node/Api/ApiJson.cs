using System.Text.Json;
using System.Text.Json.Serialization;

namespace Screening.Node.Api;

/// <summary>How the shapes of the API become JSON and come back, in HTTP, the decision log, the audit log and the commands.</summary>
/// <remarks>
/// The order of a record's parameters is the order of the members on the wire. Shapes only grow: a member that a release adds is optional
/// for readers, so that a command can ask a node of the release before. Everything else is required, so what is not a node's answer is
/// refused as a whole. The code is generated, so no reflection slows the first answers.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 8, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(VerdictDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(CacheLine))]
[JsonSerializable(typeof(CacheLine[]))]
[JsonSerializable(typeof(GrantRequest))]
[JsonSerializable(typeof(ForgetResult))]
[JsonSerializable(typeof(ImportResult))]
[JsonSerializable(typeof(ImportCount))]
[JsonSerializable(typeof(NetworkCount))]
[JsonSerializable(typeof(DrainState))]
[JsonSerializable(typeof(AuditLine))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ApiJson : JsonSerializerContext;
