using System.Text;
using CsCheck;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Access;

public sealed class CidrTableTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("\n \n# comment\n   # comment\n\r\n", "")]
    [InlineData("10.0.0.0/8 permit", "1 10.0.0.0/8 Permit")]
    [InlineData("10.0.0.0/8\tOK\n::1 Reject\n1.2.3.4 DUNNO\n", "1 10.0.0.0/8 Permit|2 ::1/128 Reject|3 1.2.3.4/32 Dunno")]
    [InlineData("10.0.0.0/8 reject go away, please", "1 10.0.0.0/8 Reject")]
    [InlineData("10.0.0.0/8 permit\r\n::/0 reject\r\n", "1 10.0.0.0/8 Permit|2 ::/0 Reject")]
    [InlineData("10.0.0.0/8\n1.2.3.4   \n", "1 10.0.0.0/8 Permit|2 1.2.3.4/32 Permit")]
    [InlineData(
        "[2001:db8::]/32 reject\n[2001:db8::/32] reject\n[::1] reject",
        "1 2001:db8::/32 Reject|2 2001:db8::/32 Reject|3 ::1/128 Reject")]
    [InlineData("\n10.0.0.0/8\n\n # between\n reject\n11.0.0.0/8", "2 10.0.0.0/8 Reject|6 11.0.0.0/8 Permit")]
    [InlineData("10.0.0.0/8 reject\n  with a reason\n#\n  of two lines\n::1", "1 10.0.0.0/8 Reject|5 ::1/128 Permit")]
    [InlineData("!128.0.0.0/2 reject", "1 0.0.0.0/1 Reject|1 192.0.0.0/2 Reject")]
    [InlineData("! !10.0.0.0/8 reject", "1 10.0.0.0/8 Reject")]
    [InlineData("!0.0.0.0/0 reject", "")]
    [InlineData(
        "if 10.0.0.0/8\n10.1.0.0/16 reject\n0.0.0.0/0 permit\n11.0.0.0/8 reject\n::/0 reject\nendif\n1.2.3.4",
        "2 10.1.0.0/16 Reject|3 10.0.0.0/8 Permit|7 1.2.3.4/32 Permit")]
    [InlineData(
        "IF 10.0.0.0/8\nif\t10.1.0.0/16\n10.0.0.0/8 reject\nEndIf\n10.2.0.0/16\nendif\n",
        "3 10.1.0.0/16 Reject|5 10.2.0.0/16 Permit")]
    [InlineData("if !0.0.0.0/1\n0.0.0.0/0 reject\n1.2.3.4 reject\n::/0 reject\nendif", "2 128.0.0.0/1 Reject")]
    [InlineData("if!128.0.0.0/1\n!64.0.0.0/2 reject\nendif", "2 0.0.0.0/2 Reject")]
    [InlineData("if 1.2.3.4\nif ::1\n::/0\n0.0.0.0/0\nendif\nendif", "")]
    public void A_table_is_read(string text, string expected)
    {
        var result = CidrTable.Parse(text, AccessRule.Permit);
        Assert.Empty(result.Errors);
        Assert.Equal(expected, string.Join('|', result.Entries.Select(entry => $"{entry.Line} {entry.Network} {entry.Rule}")));
    }

    [Theory]
    [InlineData("10.0.0.0/8 allow", "1: 'allow' is none of permit, OK, reject and dunno")]
    [InlineData("10.0.0.0/8 permit # ours", "1: text after 'permit'; a comment needs a line of its own")]
    [InlineData("10.1.2.3/8 reject", "1: '10.1.2.3/8' has host bits set; perhaps 10.0.0.0/8 is meant")]
    [InlineData("mail.example.com OK", "1: 'mail.example.com' is not an IP address or network")]
    [InlineData("10.0.0.0/8,permit", "1: '10.0.0.0/8,permit' has no prefix length of 0 to 32")]
    [InlineData("! ", "1: a network is missing")]
    [InlineData("if\nendif", "1: a network is missing")]
    [InlineData(
        "if 10.0.0.0/99\n1.2.3.4 x\nendif",
        "1: '10.0.0.0/99' has no prefix length of 0 to 32|2: 'x' is none of permit, OK, reject and dunno")]
    [InlineData("endif", "1: endif without if")]
    [InlineData("if ::/0\nendif now\nendif", "2: text after endif")]
    [InlineData("if ::/0\nif ::/1\n", "1: this if has no endif|2: this if has no endif")]
    [InlineData("[::1", "1: ']' is missing after '[::1'")]
    [InlineData("[::1]x", "1: text after ']' in '[::1]x'")]
    [InlineData("[]", "1: '' is not an IP address or network")]
    [InlineData(" 10.0.0.0/8\n::1", "1: starts with whitespace, but there is no line before that it could continue")]
    [InlineData("::1\0 reject", "1: holds a NUL")]
    [InlineData("iffy\n\nendiffy\n", "1: 'iffy' is not an IP address or network|3: 'endiffy' is not an IP address or network")]
    public void All_faults_are_told_with_their_line(string text, string expected)
    {
        var result = CidrTable.Parse(text, AccessRule.Permit);
        Assert.Equal(expected, string.Join('|', result.Errors.Select(error => $"{error.Line}: {error.Message}")));
    }

    [Fact]
    public void Blocks_nest_to_a_limit()
    {
        string Nested(int depth) => string.Concat(Enumerable.Range(0, depth).Select(i => $"if 0.0.0.0/{i}\n"))
            + "1.2.3.4\n0.0.0.0/32\n" + string.Concat(Enumerable.Repeat("endif\n", depth));
        var deepest = CidrTable.Parse(Nested(CidrTable.MaxDepth), AccessRule.Reject);
        Assert.Empty(deepest.Errors);
        Assert.Equal("0.0.0.0/32", Assert.Single(deepest.Entries).Network.ToString());
        var error = Assert.Single(CidrTable.Parse(Nested(CidrTable.MaxDepth + 1), AccessRule.Reject).Errors);
        Assert.Equal(new CidrError(17, "if inside if deeper than 16"), error);
    }

    [Fact]
    public void A_negated_network_next_to_the_mapped_ones_leaves_them_out()
    {
        var result = CidrTable.Parse("!::fffe:0:0/96 reject", AccessRule.Permit);
        Assert.Empty(result.Errors);
        Assert.Equal(95, result.Entries.Length);
        Assert.All(result.Entries, entry => Assert.False(entry.Network.Address.IsIPv4));
    }

    [Fact]
    public void Entries_are_limited()
    {
        var text = new StringBuilder();
        for (var i = 0; i <= CidrTable.MaxEntries; i++)
            text.Append($"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n");
        var result = CidrTable.Parse(text.ToString(), AccessRule.Permit);
        Assert.Equal(CidrTable.MaxEntries, result.Entries.Length);
        Assert.Equal("more than 1000000 networks", Assert.Single(result.Errors).Message);
    }

    [Fact]
    public void Faults_are_limited() => Assert.Equal(
        CidrTable.MaxErrors,
        CidrTable.Parse(string.Concat(Enumerable.Repeat("x\n", CidrTable.MaxErrors * 2)), AccessRule.Permit).Errors.Length);

    // For an address, the entries that hold it are those of the lines that Postfix would find to match, in its order.
    [Fact]
    public void Entries_hold_what_the_lines_match() => Gen
        .Select(Gen.Select(Gen.Int[0, 5], Gen.Bool, Addresses.CloseNetwork).Array[0, 10], Addresses.Close.Array[20])
        .Sample((lines, clients) =>
        {
            var text = string.Concat(lines.Select(line => line.Item1 switch
            {
                0 => "endif\n",
                1 => $"if {(line.Item2 ? "!" : "")}{line.Item3}\n",
                _ => $"{(line.Item2 ? "!" : "")}{line.Item3} reject\n",
            }));
            var entries = CidrTable.Parse(text, AccessRule.Permit).Entries;
            foreach (var client in clients)
            {
                var expected = Matching(lines, client);
                var actual = entries.Where(entry => entry.Network.Contains(client)).Select(entry => entry.Line);
                Assert.True(
                    expected.SequenceEqual(actual), $"{client}: {string.Join(' ', expected)}, not {string.Join(' ', actual)}\n{text}");
            }
        }, iter: 2_000);

    [Fact]
    public void No_text_throws() => Gen
        .OneOf(
            Gen.String,
            Gen.Int[0, Pieces.Length - 1].Array[0, 20].Select(pieces => string.Concat(pieces.Select(i => Pieces[i]))))
        .Sample(text => { CidrTable.Parse(text, AccessRule.Permit); });

    private static readonly string[] Pieces =
        ["if", "endif", " ", "\n", "!", "[", "]", "/", "8", "10.0.0.0", "::", "permit", "reject", "#", "\r", "x", "1.2.3.4/32"];

    private static List<int> Matching((int Kind, bool Negated, Network Network)[] lines, ClientAddress client)
    {
        var matching = new List<int>();
        var blocks = new Stack<bool>();
        for (var i = 0; i < lines.Length; i++)
        {
            var (kind, negated, network) = lines[i];
            var matches = network.Address.IsIPv4 == client.IsIPv4 && network.Contains(client) != negated;
            if (kind == 0)
                blocks.TryPop(out _);
            else if (kind == 1)
                blocks.Push(matches);
            else if (matches && blocks.All(inside => inside))
                matching.Add(i + 1);
        }

        return matching;
    }
}
