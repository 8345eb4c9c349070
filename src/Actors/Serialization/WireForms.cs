using System.Collections.Immutable;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Whitelist;
using static Screening.Actors.Serialization.WireParts;

namespace Screening.Actors.Serialization;

/// <summary>Every message that crosses nodes and every event and snapshot that is stored.</summary>
/// <remarks>
/// Types only grow, so that nodes of two releases understand each other and a release reads what any earlier one stored. A new field
/// goes to the end of its message or part. The reader asks for it behind <see cref="PackedReader.HasMore"/> and else takes its default;
/// an older release does not look at it: parts stand behind their length, and what follows a message's last known field is left out.
/// What cannot be expressed in this way (another meaning, a field less, a kind that may not be left out) is a further line with a new
/// manifest, read by one release before any writes it. Arguments below are read from left to right, as they were written. After a change
/// the vectors of tests/Actors.Tests/Vectors still have to be readable, and are never written anew.
/// </remarks>
internal static class WireForms
{
    public static readonly ImmutableArray<WireForm> All =
    [
        // Whitelist/WhitelistMessages.cs
        WireForm.Of<LookUp>("LU1",
            (w, m) => WriteEpoch(w.Integer(m.Id).Client(m.Client).Text(m.Profile).Text(m.Fingerprint), m.Known)
                .Items(m.Lists, static (lists, list) => lists.Fixed64(list)),
            (ref r) => new(
                r.Long(), r.Client(), r.Text(), r.Text(), ReadEpoch(ref r), r.Items(static (ref list) => list.Fixed64()))),
        WireForm.Of<LookUpHit>("LH1",
            (w, m) => WriteEpoch(w.Integer(m.Id).Record(m.Pass, WritePass), m.Epoch),
            (ref r) => new(r.Long(), r.Record(ReadPass), ReadEpoch(ref r))),
        WireForm.Of<LookUpMiss>("LM1",
            (w, m) => WriteEpoch(w.Integer(m.Id), m.Epoch).Flag(m.Asks),
            (ref r) => new(r.Long(), ReadEpoch(ref r), r.Flag())),
        WireForm.Of<EvidenceCame>("EC1",
            (w, m) => w.Integer(m.Id).Records(m.Evidence, WriteEvidence),
            (ref r) => new(r.Long(), r.Records(ReadEvidence))),
        WireForm.Of<Conclude>("CO1",
            (w, m) => WriteEpoch(w.Client(m.Client).Text(m.Profile), m.Epoch).Integer(m.AgeMs).Record(m.Pass, WritePass),
            (ref r) => new(r.Client(), r.Text(), ReadEpoch(ref r), r.Int(), r.Record(ReadPass))),
        WireForm.Of<RecordTimes>("RT1",
            (w, m) => WriteTimesBy(w.Client(m.Client).Times(m.Times).Integer(m.Id), m.By),
            (ref r) => new(r.Client(), r.Times(), r.Long(), ReadTimesBy(ref r))),
        WireForm.Of<GetTimes>("GT1",
            (w, m) => w.Integer(m.Id).Client(m.Client).Text(m.Profile).Text(m.Fingerprint),
            (ref r) => new(r.Long(), r.Client(), r.Text(), r.Text())),
        WireForm.Of<TimesFound>("TF1",
            (w, m) => WriteEpoch(w.Integer(m.Id).Times(m.Times), m.Epoch).Record(m.Pass, WritePass),
            (ref r) => new(r.Long(), r.Times(), ReadEpoch(ref r), r.OptionalRecord(ReadPass))),
        WireForm.Of<ForgetTimes>("FT1", (w, m) => w.Integer(m.Id).Client(m.Client), (ref r) => new(r.Long(), r.Client())),
        WireForm.Of<Revoke>("RV1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Items(m.Networks, WriteNetwork).Integer(m.WaitMs),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Items(ReadNetwork), r.Int())),
        WireForm.Of<Revoked>("RD1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Integer(m.Count).Flag(m.Durable),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Int(), r.Flag())),
        WireForm.Of<ImportEntries>("IE1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Records(m.Entries, WriteLine),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Records(ReadLine))),
        WireForm.Of<EntriesImported>("EI1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Integer(m.Count),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Int())),
        WireForm.Of<ListEntries>("LE1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Network(m.Within).Client(m.After).Integer(m.Limit),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.OptionalNetwork(), r.OptionalClient(), r.Int())),
        WireForm.Of<EntriesListed>("EL1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Records(m.Entries, WriteLine).Flag(m.More),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Records(ReadLine), r.Flag())),
        WireForm.Of<CountInside>("CE1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Network(m.Network),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Network())),
        WireForm.Of<EntriesCounted>("CN1",
            (w, m) => w.Integer(m.Id).Integer(m.Bucket).Integer(m.Count),
            (ref r) => new(r.Long(), ReadBucket(ref r), r.Int())),
        WireForm.Of<Wake>("WA1", (w, m) => w.Integer(m.Bucket), (ref r) => new(ReadBucket(ref r))),
        WireForm.Of<WhitelistNews>("WN1", (w, m) => w.Records(m.Items, WriteNews), (ref r) => new(r.Records(ReadNews))),
        WireForm.Of<HandOver>("HO1", (_, _) => { }, (ref _) => HandOver.Instance),

        // Whitelist/WhitelistEvents.cs
        WireForm.Of<BucketChanged>("BC1",
            (w, m) => w.Records(m.Entries, WriteStoredEntry).Records(m.Tombstones, WriteTombstone).Records(m.Forgotten, WriteForgotten),
            (ref r) => new(r.Records(ReadStoredEntry), r.Records(ReadTombstone), r.Records(ReadForgotten))),
        WireForm.Of<BucketSnapshot>("BS1",
            (w, m) => w.Integer(m.Sequence).Records(m.Entries, WriteStoredEntry).Records(m.Tombstones, WriteTombstone)
                .Records(m.Forgotten, WriteForgotten),
            (ref r) => new(r.Long(), r.Records(ReadStoredEntry), r.Records(ReadTombstone), r.Records(ReadForgotten))),

        // Whitelist/GrantMessages.cs
        WireForm.Of<SetGrants>("SG1",
            (w, m) => w.Integer(m.Id).Records(m.Lines, WriteGrant).Flag(m.OnlyIfLonger).Integer(m.WaitMs),
            (ref r) => new(r.Long(), r.Records(ReadGrant), r.Flag(), r.Int())),
        WireForm.Of<RemoveGrants>("RG1",
            (w, m) => w.Integer(m.Id).Network(m.Network).Integer(m.WaitMs),
            (ref r) => new(r.Long(), r.Network(), r.Int())),
        WireForm.Of<GrantsRecorded>("GR1",
            (w, m) => WriteVersion(w.Integer(m.Id), m.Version).Integer(m.Count).Flag(m.Durable).Text(m.Fault),
            (ref r) => new(r.Long(), ReadVersion(ref r), r.Int(), r.Flag(), r.OptionalText())),
        WireForm.Of<GetGrants>("GG1", (w, m) => WriteVersion(w, m.Known), (ref r) => new(ReadVersion(ref r))),
        WireForm.Of<GetGrantsPart>("GP1",
            (w, m) => WriteVersion(w, m.Version).Integer(m.Part),
            (ref r) => new(ReadVersion(ref r), r.Int())),
        WireForm.Of<GrantsCopyPart>("CP1",
            (w, m) => WriteVersion(w, m.Version).Integer(m.Part).Integer(m.Parts).Records(m.Lines, WriteGrant),
            (ref r) => new(ReadVersion(ref r), r.Int(), r.Int(), r.Records(ReadGrant))),
        WireForm.Of<GrantsUpToDate>("GU1", (w, m) => WriteVersion(w, m.Version), (ref r) => new(ReadVersion(ref r))),
        WireForm.Of<GrantsChanged>("GC1",
            (w, m) => WriteVersion(WriteVersion(w, m.Before), m.After).Record(m.Change, WriteChange),
            (ref r) => new(ReadVersion(ref r), ReadVersion(ref r), r.Record(ReadChange))),
        WireForm.Of<ReportGrants>("RP1", (_, _) => { }, (ref _) => ReportGrants.Instance),
        WireForm.Of<GrantsStored>("GE1",
            (w, m) => WriteVersion(w, m.After).Records(m.Changes, WriteChange),
            (ref r) => new(ReadVersion(ref r), r.Records(ReadChange))),
        WireForm.Of<GrantsSnapshot>("GS1",
            (w, m) => WriteVersion(w, m.Version).Records(m.Lines, WriteGrant),
            (ref r) => new(ReadVersion(ref r), r.Records(ReadGrant))),

        // Cluster/Forming/FormingMessages.cs
        WireForm.Of<AskPresence>("AP1",
            (w, m) => w.Integer(m.Round).Record(m.From, WriteIdentity),
            (ref r) => new(r.Long(), r.Record(ReadIdentity))),
        WireForm.Of<NodePresence>("NP1",
            (w, m) => w.Integer(m.Round).Record(m.From, WriteIdentity).Octet((byte)m.Phase).Text(m.ClusterId)
                .Integer(m.CacheMembers).Flag(m.HasUnreachable).Text(m.Refusal),
            (ref r) => new(r.Long(), r.Record(ReadIdentity), ReadPhase(ref r), r.Text(), r.Int(), r.Flag(), r.Text())),

        // Fleet/HoldingsMessages.cs
        WireForm.Of<AskHoldings>("AH1", (w, m) => w.Integer(m.Id), (ref r) => new(r.Long())),
        WireForm.Of<NodeHoldings>("NH1",
            (w, m) => w.Integer(m.Id).Text(m.Node).Integer(m.Shards).Integer(m.Buckets).Integer(m.Recovering).Integer(m.Entries),
            (ref r) => new(r.Long(), r.Text(), r.Int(), r.Int(), r.Int(), r.Long())),
    ];

    private static void WriteText(PackedWriter writer, string text) => writer.Text(text);
}
