using System.Collections.Immutable;
using System.Text;

namespace Screening.Actors.Whitelist;

/// <summary>Lines in parts, each small enough for a frame of the cluster, whatever the length of their reasons.</summary>
internal static class GrantsParts
{
    /// <summary>A part's octets when it is serialized, at most; a quarter of a frame.</summary>
    public const int MaxOctets = 256 * 1024;

    // Network, kind, two times, two places of texts and the lengths of all of these.
    private const int LineOctets = 64;

    /// <summary>Splits lines into parts; no part is empty.</summary>
    public static IEnumerable<ImmutableArray<GrantOrBan>> Split(IEnumerable<GrantOrBan> lines)
    {
        var (part, octets) = (ImmutableArray.CreateBuilder<GrantOrBan>(), 0);
        foreach (var line in lines)
        {
            var more = LineOctets + Encoding.UTF8.GetByteCount(line.By) + Encoding.UTF8.GetByteCount(line.Reason);
            if (octets + more > MaxOctets && part.Count > 0)
            {
                yield return part.ToImmutable();
                part.Clear();
                octets = 0;
            }

            part.Add(line);
            octets += more;
        }

        if (part.Count > 0)
            yield return part.ToImmutable();
    }
}

/// <summary>
/// The copies that others are fetching part by part. Each is kept, whatever changes meanwhile, until it was not asked for during some
/// seconds: whoever fetched an older version then catches up by changes. For one thread.
/// </summary>
internal sealed class GrantsCopies(TimeProvider time)
{
    private const int MaxCopies = 4;
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    private readonly List<Copy> _copies = [];

    /// <summary>The first part of a state.</summary>
    public GrantsCopyPart FirstOf(GrantsState state)
    {
        _copies.RemoveAll(copy => time.GetElapsedTime(copy.AskedAt) > Kept);
        if (Find(state.Version, 0) is { } known)
            return known;
        if (_copies.Count == MaxCopies)
            _copies.RemoveAt(0);
        ImmutableArray<ImmutableArray<GrantOrBan>> parts = [.. GrantsParts.Split(state.Lines)];
        _copies.Add(new Copy(state.Version, parts.IsEmpty ? [[]] : parts));
        return Find(state.Version, 0)!;
    }

    /// <summary>A part of a copy that was begun; null: it is not kept any more.</summary>
    public GrantsCopyPart? Find(GrantsVersion version, int part)
    {
        if (_copies.Find(copy => copy.Version == version) is not { } found || part < 0 || part >= found.Parts.Length)
            return null;
        found.AskedAt = time.GetTimestamp();
        return new GrantsCopyPart(version, part, found.Parts.Length, found.Parts[part]);
    }

    private sealed class Copy(GrantsVersion version, ImmutableArray<ImmutableArray<GrantOrBan>> parts)
    {
        public GrantsVersion Version => version;

        public ImmutableArray<ImmutableArray<GrantOrBan>> Parts => parts;

        public long AskedAt { get; set; }
    }
}

/// <summary>
/// Puts the parts of a copy together. A first part of another version begins anew; a part out of turn is passed over, and a copy of more
/// lines than an entity may hold is given up. For one thread.
/// </summary>
internal sealed class GrantsAssembly(TimeProvider time)
{
    // Two states that met may hold more than one may be filled with.
    private const int MaxLines = 2 * GrantsState.MaxLines;

    private static readonly TimeSpan PartTimeout = TimeSpan.FromSeconds(2);

    private readonly List<GrantOrBan> _lines = [];
    private GrantsVersion _version;
    private int _next;
    private int _parts;
    private long _heardAt;

    /// <summary>The part that is wanted next; null: none.</summary>
    public GetGrantsPart? Wanted => _next < _parts ? new GetGrantsPart(_version, _next) : null;

    /// <summary>
    /// The part that is wanted, if it has been waited for in vain so long that it shall be asked for again; null: it has not. Once said,
    /// the wait begins anew.
    /// </summary>
    public GetGrantsPart? TryAgain()
    {
        if (Wanted is not { } wanted || time.GetElapsedTime(_heardAt) < PartTimeout)
            return null;
        _heardAt = time.GetTimestamp();
        return wanted;
    }

    /// <summary>Waits for the first part of a version.</summary>
    public void Expect(GrantsVersion version)
    {
        _lines.Clear();
        (_version, _next, _parts, _heardAt) = (version, 0, 1, time.GetTimestamp());
    }

    /// <summary>Adds a part.</summary>
    /// <param name="whole">The state, if this part completes it.</param>
    /// <returns>False: it is not the part that is wanted.</returns>
    public bool TryAdd(GrantsCopyPart part, out GrantsState? whole)
    {
        whole = null;
        if (part.Part == 0 && part.Version != _version)
            Expect(part.Version);
        if (part.Version != _version || part.Part != _next || (_next > 0 && part.Parts != _parts))
            return false;
        _heardAt = time.GetTimestamp();
        _parts = part.Parts;
        _lines.AddRange(part.Lines);
        if (_lines.Count > MaxLines)
        {
            Drop();
            return false;
        }

        if (++_next < _parts)
            return true;
        whole = GrantsState.Of(_version, _lines);
        Drop();
        return true;
    }

    /// <summary>Gives up what was begun.</summary>
    public void Drop()
    {
        _lines.Clear();
        (_version, _next, _parts) = (default, 0, 0);
    }
}
