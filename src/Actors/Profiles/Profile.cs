using System.Collections.Frozen;
using System.Collections.Immutable;
using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Profiles;

/// <summary>How one profile judges: the checks it asks, the weights it puts on their answers, and its thresholds. Immutable.</summary>
public sealed class Profile(string name, string fingerprint, VerdictSettings settings, ImmutableArray<CheckPlan> checks)
{
    /// <summary>The name of the profile that applies when no other is chosen.</summary>
    public const string DefaultName = "default";

    private readonly ImmutableArray<CheckPlan> _judgeTheQuery = [.. checks.Where(c => c.AskedAt == AskedAt.Query)];

    /// <summary>The profile's name, as <c>[profile.NAME]</c> has it.</summary>
    public string Name { get; } = name;

    /// <summary>
    /// A short hash of everything that can change a verdict; a pass with another one counts only with <c>cache.trust = "any"</c>.
    /// </summary>
    public string Fingerprint { get; } = fingerprint;

    /// <summary>The thresholds and lifetimes.</summary>
    public VerdictSettings Settings { get; } = settings;

    /// <summary>The checks to ask, those on this host first, since p0f forgets.</summary>
    public ImmutableArray<CheckPlan> Checks { get; } = checks;

    /// <summary>True if there is no source to ask.</summary>
    public bool AsksNobody { get; } = checks.All(c => c.AskedAt == AskedAt.Query);

    /// <summary>True if a source is told HELO and sender where these are known.</summary>
    public bool TellsEnvelope { get; } = checks.Any(c => c.IsToldEnvelope);

    /// <summary>True if HELO and sender may speak against a client, see <see cref="Suspects"/>.</summary>
    public bool JudgesEnvelope => _judgeTheQuery.Length > 0;

    /// <summary>True if a check that judges the query itself has something against this HELO or sender.</summary>
    public bool Suspects(string? helo, string? sender)
    {
        foreach (var check in _judgeTheQuery)
        {
            if (check.AnswerIn(helo, sender) is not null)
                return true;
        }

        return false;
    }
}

/// <summary>All profiles, and which one applies to a query. Immutable; replaced as a whole on reload.</summary>
public sealed class ProfileBook
{
    private readonly FrozenDictionary<string, Profile> _byName;
    private readonly ImmutableDictionary<ClientAddress, Profile> _byLocal;
    private readonly ImmutableDictionary<Door, Profile> _byDoor;

    /// <param name="default">The profile that applies when no other is chosen.</param>
    /// <param name="others">The named profiles, each with the local addresses and doors that choose it.</param>
    public ProfileBook(Profile @default, params IEnumerable<ProfileChoice> others)
    {
        var choices = others.ToList();
        Default = @default;
        _byName = choices.Select(c => c.Profile).Prepend(@default).ToFrozenDictionary(profile => profile.Name, StringComparer.Ordinal);
        _byLocal = choices.SelectMany(c => c.Locals, (c, local) => KeyValuePair.Create(local, c.Profile)).ToImmutableDictionary();
        _byDoor = choices.SelectMany(c => c.Doors, (c, door) => KeyValuePair.Create(door, c.Profile)).ToImmutableDictionary();
    }

    /// <summary>The profile that applies when no other is chosen.</summary>
    public Profile Default { get; }

    /// <summary>Every profile.</summary>
    public IEnumerable<Profile> All => _byName.Values;

    /// <summary>The profile of a query: by the mail exchanger's address, else by door, else the default.</summary>
    public Profile Choose(Door door, ClientAddress? local) =>
        local is { } address && _byLocal.TryGetValue(address, out var profile) ? profile
        : _byDoor.TryGetValue(door, out profile) ? profile
        : Default;

    /// <summary>The profile of that name.</summary>
    public bool TryGet(ReadOnlySpan<char> name, out Profile profile) =>
        _byName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out profile!);
}

/// <summary>A named profile and what chooses it.</summary>
public sealed record ProfileChoice(Profile Profile, ImmutableArray<ClientAddress> Locals, ImmutableArray<Door> Doors);
