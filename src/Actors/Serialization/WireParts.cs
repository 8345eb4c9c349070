using System.Runtime.Serialization;
using Akka.Actor;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Serialization;

/// <summary>The records that stand in messages. <see cref="WireForms"/> says how they may grow.</summary>
internal static class WireParts
{
    private const byte PassKind = 1;
    private const byte RevocationKind = 2;
    private const byte TimesKind = 3;

    /// <summary>The number of an entity; one that does not exist would be made where it is sent to.</summary>
    public static int ReadBucket(ref PackedReader reader)
    {
        var bucket = reader.Int();
        return bucket is WhitelistLayout.Grants or (>= 0 and < WhitelistLayout.Buckets)
            ? bucket
            : throw new SerializationException($"there is no bucket {bucket}");
    }

    public static PackedWriter WriteEpoch(PackedWriter writer, Epoch epoch) => writer.Integer(epoch.Life).Integer(epoch.Revocation);

    public static Epoch ReadEpoch(ref PackedReader reader) => new(reader.Long(), reader.Long());

    public static void WriteNetwork(PackedWriter writer, Network network) => writer.Network(network);

    public static Network ReadNetwork(ref PackedReader reader) => reader.Network();

    public static void WritePass(PackedWriter writer, Pass pass) => writer
        .Integer(pass.TtlSeconds).Flag(pass.Allow).Integer(pass.Score).Text(pass.Fingerprint).Text(pass.By).Text(pass.Reason);

    public static Pass ReadPass(ref PackedReader reader) => new(
        reader.Int(), reader.Flag(), reader.Int(), reader.Text(), reader.Text(), reader.Text());

    public static void WriteEvidence(PackedWriter writer, SharedEvidence evidence) =>
        AnswerForms.Write(writer.Fixed64(evidence.List), evidence.Answer);

    public static SharedEvidence ReadEvidence(ref PackedReader reader) => new(reader.Fixed64(), AnswerForms.Read(ref reader));

    public static void WriteLine(PackedWriter writer, EntryLine line) => WriteTimesBy(
        writer.Client(line.Client).Text(line.Profile).Record(line.Pass, WritePass).Integer(line.AgeSeconds).Times(line.Times),
        line.TimesBy);

    public static EntryLine ReadLine(ref PackedReader reader) => new(
        reader.Client(), reader.Text(), reader.OptionalRecord(ReadPass), reader.Int(), reader.Times(), ReadTimesBy(ref reader));

    public static void WriteNews(PackedWriter writer, NewsItem item)
    {
        switch (item)
        {
            case PassNews pass:
                writer.Octet(PassKind).Client(pass.Client).Text(pass.Profile).Record(pass.Pass, WritePass);
                break;
            case RevocationNews revocation:
                writer.Octet(RevocationKind).Items(revocation.Networks, WriteNetwork).Integer(revocation.Before);
                break;
            case TimesNews timed:
                writer.Octet(TimesKind).Client(timed.Client).Times(timed.Times);
                break;
            default:
                throw new SerializationException($"{item.GetType().Name} has no form");
        }

        WriteEpoch(writer.Integer(item.Bucket), item.Epoch);
    }

    /// <summary>Null if this release does not know the kind; the epochs then show that something was missed.</summary>
    public static NewsItem? ReadNews(ref PackedReader reader) => reader.Octet() switch
    {
        PassKind => new PassNews(reader.Client(), reader.Text(), reader.Record(ReadPass), ReadBucket(ref reader), ReadEpoch(ref reader)),
        RevocationKind => ReadRevocation(ref reader),
        TimesKind => new TimesNews(reader.Client(), reader.Times(), ReadBucket(ref reader), ReadEpoch(ref reader)),
        _ => null,
    };

    public static void WriteStoredEntry(PackedWriter writer, StoredEntry entry) => WriteTimesBy(
        writer.Client(entry.Client).Text(entry.Profile).Records(entry.Passes, WriteStoredPass).Times(entry.Times).Integer(entry.Sequence),
        entry.TimesBy);

    public static StoredEntry ReadStoredEntry(ref PackedReader reader) => new(
        reader.Client(), reader.Text(), reader.Records(ReadStoredPass), reader.Times(), reader.Long(), ReadTimesBy(ref reader));

    /// <summary>Who made times what they are, where that is known: the last field, which earlier releases do not write.</summary>
    public static void WriteTimesBy(PackedWriter writer, string by)
    {
        if (by.Length > 0)
            writer.Text(by);
    }

    /// <summary>Reads what <see cref="WriteTimesBy"/> wrote.</summary>
    public static string ReadTimesBy(ref PackedReader reader) => (reader.HasMore ? reader.OptionalText() : null) ?? "";

    public static void WriteTombstone(PackedWriter writer, Tombstone tombstone) => writer
        .Network(tombstone.Network).Integer(tombstone.Sequence).Integer(tombstone.MadeMs);

    public static Tombstone ReadTombstone(ref PackedReader reader) => new(reader.Network(), reader.Long(), reader.Long());

    public static void WriteForgotten(PackedWriter writer, ForgottenTimes forgotten) =>
        writer.Client(forgotten.Client).Times(forgotten.Times);

    public static ForgottenTimes ReadForgotten(ref PackedReader reader) => new(reader.Client(), reader.Times());

    public static void WriteGrant(PackedWriter writer, GrantOrBan line) => writer
        .Network(line.Network).Octet((byte)line.Kind).Integer(line.MadeMs).Integer(unchecked(line.ExpiresMs - line.MadeMs))
        .Text(line.By).Text(line.Reason);

    public static GrantOrBan ReadGrant(ref PackedReader reader)
    {
        var (network, kind, made, life) = (reader.Network(), ReadKind(ref reader), reader.Long(), reader.Long());
        return new GrantOrBan(network, kind, unchecked(made + life), made, reader.Text(), reader.Text());
    }

    public static void WriteChange(PackedWriter writer, GrantsChange change) => writer
        .Records(change.Set, WriteGrant).Network(change.RemoveInside).Integer(change.RemoveExpiredBefore);

    public static GrantsChange ReadChange(ref PackedReader reader) =>
        new(reader.Records(ReadGrant), reader.OptionalNetwork(), reader.Long());

    public static PackedWriter WriteVersion(PackedWriter writer, GrantsVersion version) =>
        writer.Integer(version.Life).Integer(version.Number).Fixed64(version.Hash);

    public static GrantsVersion ReadVersion(ref PackedReader reader) => new(reader.Long(), reader.Long(), reader.Fixed64());

    public static void WriteIdentity(PackedWriter writer, NodeIdentity node) => writer
        .Text(node.Node).Text(node.Address.ToString()).Flag(node.IsCache).Integer(node.Layout).Text(node.Provider).Text(node.SplitBrain)
        .Integer(node.ClockMs);

    public static NodeIdentity ReadIdentity(ref PackedReader reader) => new(
        reader.Text(), ReadAddress(ref reader), reader.Flag(), reader.Int(), reader.Text(), reader.Text(), reader.Long());

    public static NodePhase ReadPhase(ref PackedReader reader)
    {
        var phase = (NodePhase)reader.Octet();
        return phase <= NodePhase.Leaving ? phase : throw new SerializationException($"there is no phase {phase}");
    }

    private static Address ReadAddress(ref PackedReader reader)
    {
        var text = reader.Text();
        return ActorPath.TryParseAddress(text, out var address) && address.HasGlobalScope
            ? address
            : throw new SerializationException("the address of a node is not an address");
    }

    // A pass lives hours, and times since 1970 are long: the end is written as what it adds to the beginning.
    private static void WriteStoredPass(PackedWriter writer, StoredPass pass) => writer
        .Integer(pass.MadeMs).Integer(unchecked(pass.ExpiresMs - pass.MadeMs)).Flag(pass.Allow).Integer(pass.Score)
        .Text(pass.Fingerprint).Text(pass.By).Text(pass.Reason);

    private static StoredPass ReadStoredPass(ref PackedReader reader)
    {
        var made = reader.Long();
        return new StoredPass(
            unchecked(made + reader.Long()), made, reader.Flag(), reader.Int(), reader.Text(), reader.Text(), reader.Text());
    }

    private static RevocationNews ReadRevocation(ref PackedReader reader)
    {
        var (networks, before) = (reader.Items(ReadNetwork), reader.Long());
        return new RevocationNews(networks, ReadBucket(ref reader), before, ReadEpoch(ref reader));
    }

    // A grant or a ban may not be left out as evidence may: a node that does not know a kind keeps the copy that it has.
    private static GrantKind ReadKind(ref PackedReader reader)
    {
        var kind = (GrantKind)reader.Octet();
        return kind <= GrantKind.Ban ? kind : throw new NewerReleaseException(
            $"grants or bans of kind {(byte)kind} are not known to this release");
    }
}
