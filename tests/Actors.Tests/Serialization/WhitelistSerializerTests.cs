using System.Runtime.Serialization;
using System.Text.RegularExpressions;
using Akka.Actor;
using CsCheck;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Xunit.Abstractions;

namespace Screening.Actors.Tests.Serialization;

public sealed partial class WhitelistSerializerTests(ITestOutputHelper output)
{
    // Neither sent nor stored alone: they stand in messages.
    private static readonly HashSet<string> Parts =
    [
        "Pass", "SharedEvidence", "EntryLine", "PassNews", "TimesNews", "RevocationNews",
        "StoredPass", "StoredEntry", "Tombstone", "ForgottenTimes", "GrantOrBan", "GrantsChange", "NodeIdentity",
    ];

    private static readonly byte[] Edges = [0, 1, 127, 128, 255];
    private static readonly WhitelistSerializer Serializer = new(null!);

    public static TheoryData<string> Manifests => WireVectors.Manifests;

    [Theory]
    [InlineData("WhitelistMessages")]
    [InlineData("WhitelistEvents")]
    [InlineData("GrantMessages")]
    [InlineData("FormingMessages")]
    [InlineData("HoldingsMessages")]
    public void Every_message_that_a_file_declares_has_a_form(string file)
    {
        using var source = typeof(WhitelistSerializerTests).Assembly.GetManifestResourceStream(file)!;
        var declared = Declaration().Matches(new StreamReader(source).ReadToEnd()).Select(match => match.Groups[1].Value).ToArray();
        var known = WireForms.All.Select(form => form.Type.Name);

        Assert.True(declared.Length > 1);
        Assert.Empty(declared.Except(known).Except(Parts));
    }

    [Fact]
    public void Every_form_has_a_vector_and_a_manifest_of_its_own()
    {
        Assert.Equal(WireForms.All.Select(form => form.Manifest).Order(StringComparer.Ordinal), WireVectors.All.Keys);
        Assert.All(WireForms.All, form => Assert.Equal(form.Type, WireVectors.All[form.Manifest].GetType()));
    }

    [Fact]
    public void A_node_without_an_address_that_others_can_reach_is_refused()
    {
        var node = new NodeIdentity("mx1", new Address("akka", "fleet"), true, 1, "memory", "keep-majority", 0);
        var thrown = Assert.Throws<SerializationException>(
            () => WhitelistSerializer.Read(Serializer.ToBinary(new AskPresence(1, node)), "AP1"));
        Assert.Contains("is not an address", thrown.Message);
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Stored_bytes_are_read_and_written_for_ever(string manifest)
    {
        var message = WireVectors.All[manifest];
        var stored = WireVectors.Read(manifest);

        Assert.Equal(Rendering.Of(message), Rendering.Of(WhitelistSerializer.Read(stored, manifest)));
        Assert.Equal(manifest, Serializer.Manifest(message));
        Assert.Equal(Convert.ToHexString(stored), Convert.ToHexString(Serializer.ToBinary(message)));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void What_is_written_is_read(string manifest)
    {
        var type = WireVectors.All[manifest].GetType();
        Gen.Int.Sample(
            seed =>
            {
                var message = new RandomMessages(seed).Of(type);
                Assert.Equal(Rendering.Of(message), Rendering.Of(WhitelistSerializer.Read(Serializer.ToBinary(message), manifest)));
            },
            iter: 300);
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void Fields_of_a_newer_release_are_left_out(string manifest)
    {
        var stored = WireVectors.Read(manifest);
        byte[] newer = [.. stored, 0, 255, 17, 3];
        Assert.Equal(Rendering.Of(WireVectors.All[manifest]), Rendering.Of(WhitelistSerializer.Read(newer, manifest)));
    }

    [Fact]
    public void Fields_of_a_newer_release_are_left_out_of_parts_even_if_they_hold_new_texts()
    {
        var pass = new Pass(3600, true, -3, "policy", "mx1", "reason");
        var bytes = new PackedWriter()
            .Records([pass, pass], (writer, item) =>
            {
                writer.Octet(1).Client(ClientAddress.FromIPv4(1)).Text("default")
                    .Record(item, (inner, value) =>
                    {
                        WireParts.WritePass(inner, value);
                        inner.Text("a text that older releases do not know").Integer(5);
                    })
                    .Integer(17).Integer(3).Integer(4).Text("another").Text(new string('x', 300));
            })
            .ToArray();

        var item = new PassNews(ClientAddress.FromIPv4(1), "default", pass, 17, new Epoch(3, 4));
        Assert.Equal(Rendering.Of(new WhitelistNews([item, item])), Rendering.Of(WhitelistSerializer.Read(bytes, "WN1")));
    }

    // What a next release would do with a message and a part that got a field each.
    [Theory]
    [InlineData(false, "GrownMessage(\"none\", 7, GrownPart(True, 3))")]
    [InlineData(true, "GrownMessage(\"new\", 7, GrownPart(False, 3))")]
    public void Fields_that_an_older_release_did_not_write_are_defaults(bool newer, string expected)
    {
        var bytes = new PackedWriter()
            .Integer(7)
            .Record("part", (writer, _) =>
            {
                writer.Integer(3);
                if (newer)
                    writer.Flag(false);
            })
            .Text(newer ? "new" : null)
            .ToArray();
        bytes = newer ? bytes : bytes[..^1];

        var reader = new PackedReader(bytes);
        var message = new GrownMessage(
            reader.Long(),
            reader.Record((ref part) => new GrownPart(part.Int(), !part.HasMore || part.Flag())),
            reader.HasMore ? reader.Text() : "none");
        Assert.Equal(expected, Rendering.Of(message));
    }

    [Fact]
    public void Kinds_of_news_that_a_newer_release_has_are_left_out()
    {
        var news = new PackedWriter().Records(["new"], (writer, _) => writer.Octet(99).Text("new").Integer(1)).ToArray();
        Assert.Empty(((WhitelistNews)WhitelistSerializer.Read(news, "WN1")).Items);
    }

    [Fact]
    public void Equal_texts_of_a_message_are_one_object()
    {
        var lines = ((EntriesListed)WhitelistSerializer.Read(
            Serializer.ToBinary(new EntriesListed(1, 1, [Line(1), Line(2)], false)), "EL1")).Entries;
        Assert.Same(lines[0].Profile, lines[1].Profile);
        Assert.Same(lines[0].Pass!.Reason, lines[1].Pass!.Reason);

        static EntryLine Line(uint client) =>
            new(ClientAddress.FromIPv4(client), "default", new Pass(1, false, 0, "p", "mx1", $"{"clean"}"), 0, default);
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_cut_message_is_a_serialization_exception(string manifest)
    {
        var stored = WireVectors.Read(manifest);
        for (var length = 0; length < stored.Length; length++)
            Assert.Throws<SerializationException>(() => WhitelistSerializer.Read(stored[..length], manifest));
    }

    [Theory]
    [MemberData(nameof(Manifests))]
    public void A_changed_message_gives_a_value_or_a_serialization_exception(string manifest)
    {
        var stored = WireVectors.Read(manifest);
        Gen.Select(Gen.Int[0, stored.Length - 1], Gen.OneOf(Gen.Byte, Gen.Int[0, 4].Select(edge => Edges[edge]))).Array[1, 6].Sample(
            changes =>
            {
                var bytes = (byte[])stored.Clone();
                foreach (var (at, value) in changes)
                    bytes[at] = value;
                ReadAnything(bytes, manifest);
            },
            iter: 10_000);
        Gen.Byte.Array[0, 200].Sample(bytes => ReadAnything(bytes, manifest), iter: 1_000);
    }

    [Theory]
    [InlineData("LU1", "FFFFFFFF0F", "4294967295 of something")] // texts
    [InlineData("LU1", "FFFFFFFFFFFFFFFFFF01", "18446744073709551615 of something")]
    [InlineData("LU1", "FFFFFFFFFFFFFFFFFF02", "more than 64 bits")]
    [InlineData("LU1", "FFFFFFFFFFFFFFFFFFFFFFFF", "more than 64 bits")]
    [InlineData("LU1", "0102C328", "not UTF-8")]
    [InlineData("LU1", "00020400000001", "too early")]
    [InlineData("LU1", "0002040000000101", "text 1 of 0")]
    [InlineData("LU1", "0002040000000100", "a text is missing")]
    [InlineData("LU1", "000205", "an address of 5 octets")]
    [InlineData("LU1", "000200", "an address is missing")]
    [InlineData("LH1", "000200", "a record is missing")]
    [InlineData("RG1", "0002040000000021", "a prefix of 33 bits")]
    [InlineData("WN1", "00FFFFFFFF07", "2147483647 of something")] // items
    [InlineData("WN1", "0001FFFF03", "65535 of something")] // length of an item
    [InlineData("WA1", "008010", "no bucket 1024")]
    [InlineData("WA1", "0003", "no bucket -2")]
    [InlineData("WA1", "0080808080808001", "more than 32 bits")]
    [InlineData("RD1", "0002020202", "neither true nor false")]
    [InlineData("TF1", "000220", "five times")]
    public void What_is_wrong_is_said_before_anything_is_allocated(string manifest, string hex, string fault)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Throws<SerializationException>(() => WhitelistSerializer.Read(bytes, manifest));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var thrown = Assert.Throws<SerializationException>(() => WhitelistSerializer.Read(bytes, manifest));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 50_000);
        Assert.Contains(fault, thrown.Message);
        Assert.Contains(manifest, thrown.Message);
    }

    [Fact]
    public void A_manifest_that_is_not_known_is_named()
    {
        var thrown = Assert.Throws<SerializationException>(() => WhitelistSerializer.Read([0], "LU9\n"));
        Assert.Contains("'LU9?' is not known", thrown.Message);
        Assert.Throws<SerializationException>(() => WhitelistSerializer.Read([0], (string)null!));
    }

    [Fact]
    public void What_has_no_form_is_not_written()
    {
        Assert.Throws<SerializationException>(() => Serializer.ToBinary(new Pass(1, true, 0, "", "", "")));
        Assert.Throws<SerializationException>(() => Serializer.Manifest("text"));
        var text = new string('x', PackedReader.MaxTextBytes + 1);
        Assert.Throws<SerializationException>(() => Serializer.ToBinary(new LookUp(1, default, text, "", default, [])));
    }

    [Fact]
    public void An_array_that_was_never_made_is_an_empty_one()
    {
        var read = (EvidenceCame)WhitelistSerializer.Read(Serializer.ToBinary(new EvidenceCame(1, default)), "EC1");
        Assert.Empty(read.Evidence);
    }

    [Fact]
    public void An_entry_of_a_snapshot_takes_40_to_70_bytes()
    {
        var random = new Random(1);
        var entries = Enumerable.Range(0, 1000).Select(number =>
        {
            var made = 1_790_000_000_000 + random.Next(86_400_000);
            var second = made / 1000;
            var pass = new StoredPass(
                made + random.Next(600_000, 3_600_000), made, random.Next(5) == 0, random.Next(-4, 1), "a1b2c3d4e5f60718",
                $"mx{random.Next(5)}", random.Next(10) == 0 ? $"dnswl: -{random.Next(1, 4)}, p0f: {random.Next(3)}" : "no list names it");
            var client = random.Next(4) == 0
                ? ClientAddress.FromBits(new UInt128(0x20010db8_00000000 + (ulong)random.Next(), (ulong)random.NextInt64()))
                : ClientAddress.FromIPv4((uint)random.NextInt64(1L << 32));
            var times = random.Next(2) == 0
                ? new PostscreenTimes(second + 86_400, second + 3600, second + 2_592_000, second + 2_592_000, second + 2_592_000)
                : default;
            return new StoredEntry(client, "default", [pass], times, 500_000 + number);
        });

        var bytes = Serializer.ToBinary(new BucketSnapshot(501_000, [.. entries], [], []));

        output.WriteLine($"{bytes.Length / 1000.0} bytes an entry");
        Assert.InRange(bytes.Length, 1000 * 20, 1000 * 70);
    }

    private static void ReadAnything(byte[] bytes, string manifest)
    {
        try
        {
            WhitelistSerializer.Read(bytes, manifest);
        }
        catch (SerializationException)
        {
        }
    }

    [GeneratedRegex(@"^internal sealed (?:record|class) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declaration();

    private sealed record GrownPart(int Three, bool Added);

    private sealed record GrownMessage(long Id, GrownPart Part, string Added);
}
