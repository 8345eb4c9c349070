using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Screening.Node.Api;

/// <summary>Sets a grant or a ban: the body of PUT.</summary>
/// <param name="Ttl">For how long, as durations are written in the configuration.</param>
internal sealed record GrantRequest(string? Kind = null, string? Ttl = null, string? Reason = null)
{
    /// <summary>Members that do not exist. They are refused: a misspelt reason would be lost without a word.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }
}

/// <summary>What DELETE did.</summary>
/// <param name="Durable">It was journaled before the response.</param>
internal sealed record ForgetResult(int Forgotten, bool Durable);

/// <summary>What POST did: the lines that are now in the whitelist by it.</summary>
/// <param name="Durable">They were journaled before the response.</param>
internal sealed record ImportResult(int Imported, bool Durable);

/// <summary>What a change of a network would reach, by a dry run.</summary>
/// <param name="NeedsYes">Why the change has to be confirmed; empty: it need not.</param>
internal sealed record NetworkCount(bool DryRun, int Grants, int Bans, int Entries, ImmutableArray<string> NeedsYes);

/// <summary>What an import would do, by a dry run.</summary>
/// <param name="NeedsYes">Why the import has to be confirmed; null in the sum that a command prints.</param>
internal sealed record ImportCount(
    bool DryRun, int Imported,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? NeedsYes = null);
