using System.Text.Json.Serialization;

namespace Screening.Node.Api;

/// <summary>Whether load balancers are to send no more clients to a node: what POST and DELETE of <c>/api/v1/drain</c> answer.</summary>
/// <param name="Since">Since when; null: it is not draining.</param>
internal sealed record DrainState(
    string Node, bool Draining, [property: JsonConverter(typeof(MillisecondTime))] DateTimeOffset? Since);
