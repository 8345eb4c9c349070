using System.Text;
using CsCheck;
using Screening.Protocol.Memcache;

namespace Screening.Protocol.Tests.Memcache;

public sealed class MemcacheRequestTests
{
    [Theory]
    [InlineData("get postscreen:192.0.2.1", MemcacheCommand.Get, true, "postscreen:192.0.2.1", 0, 0, -1, false)]
    [InlineData("get  a  b ", MemcacheCommand.Get, true, "  a  b ", 0, 0, -1, false)]
    [InlineData("get", MemcacheCommand.Get, false, "", 0, 0, -1, false)]
    [InlineData("get a\tb", MemcacheCommand.Get, false, " a\tb", 0, 0, -1, false)]
    [InlineData("gets a", MemcacheCommand.Gets, true, " a", 0, 0, -1, false)]
    [InlineData("set k 0 2592000 27", MemcacheCommand.Set, true, "k", 0, 2592000, 27, false)]
    [InlineData("set k 4294967295 -1 0 noreply", MemcacheCommand.Set, true, "k", uint.MaxValue, -1, 0, true)]
    [InlineData("set k 4294967296 0 1", MemcacheCommand.Set, false, "k", 0, 0, 1, false)]
    [InlineData("set k 0 0 -1", MemcacheCommand.Set, false, "k", 0, 0, -1, false)]
    [InlineData("set k 0 0 1x", MemcacheCommand.Set, false, "k", 0, 0, -1, false)]
    [InlineData("set k 0 0", MemcacheCommand.Set, false, "k", 0, 0, -1, false)]
    [InlineData("set k -1 0 1", MemcacheCommand.Set, false, "k", 0, 0, 1, false)]
    [InlineData("set k x 0 1", MemcacheCommand.Set, false, "k", 0, 0, 1, false)]
    [InlineData("set k 0 soon 1", MemcacheCommand.Set, false, "k", 0, 0, 1, false)]
    [InlineData("set k 0 0 2147483647", MemcacheCommand.Set, true, "k", 0, 0, int.MaxValue, false)]
    [InlineData("set k 0 0 2147483648", MemcacheCommand.Set, false, "k", 0, 0, -1, false)]
    [InlineData("set k\x7f 7 0 1 noreply", MemcacheCommand.Set, false, "k\x7f", 0, 0, 1, true)]
    [InlineData("set", MemcacheCommand.Set, false, "", 0, 0, -1, false)]
    [InlineData("add k 1 2 3", MemcacheCommand.Add, true, "k", 1, 2, 3, false)]
    [InlineData("replace k 1 2 3", MemcacheCommand.Replace, true, "k", 1, 2, 3, false)]
    [InlineData("append k 1 2 3", MemcacheCommand.OtherStorage, true, "k", 1, 2, 3, false)]
    [InlineData("cas k 1 2 3 77 noreply", MemcacheCommand.OtherStorage, true, "k", 1, 2, 3, true)]
    [InlineData("delete k", MemcacheCommand.Delete, true, "k", 0, 0, -1, false)]
    [InlineData("delete k 0 noreply", MemcacheCommand.Delete, true, "k", 0, 0, -1, true)]
    [InlineData("delete", MemcacheCommand.Delete, false, "", 0, 0, -1, false)]
    [InlineData("touch k 60", MemcacheCommand.Touch, true, "k", 0, 60, -1, false)]
    [InlineData("touch k", MemcacheCommand.Touch, false, "k", 0, 0, -1, false)]
    [InlineData("verbosity 1 noreply", MemcacheCommand.Verbosity, true, "", 0, 0, -1, true)]
    [InlineData("version", MemcacheCommand.Version, true, "", 0, 0, -1, false)]
    [InlineData("stats items", MemcacheCommand.Stats, true, "items", 0, 0, -1, false)]
    [InlineData("flush_all 10", MemcacheCommand.FlushAll, true, "", 0, 0, -1, false)]
    [InlineData("mn", MemcacheCommand.MetaNoOp, true, "", 0, 0, -1, false)]
    [InlineData("quit", MemcacheCommand.Quit, true, "", 0, 0, -1, false)]
    [InlineData("version and more", MemcacheCommand.Version, true, "", 0, 0, -1, false)]
    [InlineData("verbosity", MemcacheCommand.NotOffered, true, "", 0, 0, -1, false)]
    [InlineData("verbosity 1 2", MemcacheCommand.NotOffered, true, "", 0, 0, -1, false)]
    [InlineData("delete k 5", MemcacheCommand.Delete, false, "k", 0, 0, -1, false)]
    [InlineData("delete k l", MemcacheCommand.Delete, false, "k", 0, 0, -1, false)]
    [InlineData("incr k 1", MemcacheCommand.NotOffered, true, "", 0, 0, -1, false)]
    [InlineData("GET k", MemcacheCommand.Unknown, true, "GET", 0, 0, -1, false)]
    [InlineData("", MemcacheCommand.Unknown, true, "", 0, 0, -1, false)]
    public void A_line_is_read(
        string line, MemcacheCommand command, bool wellFormed, string keys, uint flags, long expires, long bytes, bool silent)
    {
        var request = MemcacheRequest.Parse(Encoding.Latin1.GetBytes(line));
        Assert.Equal(keys.TrimStart(), Encoding.Latin1.GetString(request.Keys).TrimStart());
        Assert.Equal(
            (command, wellFormed, flags, bytes, silent),
            (request.Command, request.IsWellFormed, request.Flags, request.DataBytes, request.IsSilent));
        if (wellFormed)
            Assert.Equal(expires, request.ExpireTime);
    }

    [Fact]
    public void A_key_of_250_bytes_is_the_longest()
    {
        Assert.True(MemcacheRequest.Parse(Encoding.Latin1.GetBytes($"get {new string('k', 250)}")).IsWellFormed);
        Assert.False(MemcacheRequest.Parse(Encoding.Latin1.GetBytes($"get a {new string('k', 251)}")).IsWellFormed);
        Assert.True(MemcacheRequest.Parse(Encoding.Latin1.GetBytes($"set {new string('k', 250)} 0 0 1")).IsWellFormed);
        Assert.False(MemcacheRequest.Parse(Encoding.Latin1.GetBytes($"set {new string('k', 251)} 0 0 1")).IsWellFormed);
    }

    [Fact]
    public void Any_bytes_give_a_request_and_only_storage_has_data()
    {
        string[] known = ["get ", "set ", "delete ", "touch ", "cas ", "k ", "-1 ", "0 ", "99999999999999999999 ", "noreply", "\0", " "];
        var words = Gen.OneOf([.. known.Select(Gen.Const)]);
        Gen.Select(words.Array[0, 8], Gen.Byte.Array[0, 12]).Sample((some, bytes) =>
        {
            byte[] line = [.. Encoding.Latin1.GetBytes(string.Concat(some)), .. bytes];
            var request = MemcacheRequest.Parse(line);
            var isStorage = request.Command
                is MemcacheCommand.Set or MemcacheCommand.Add or MemcacheCommand.Replace or MemcacheCommand.OtherStorage;
            Assert.True(isStorage ? !request.IsWellFormed || request.DataBytes >= 0 : request.DataBytes == -1);
        });
    }
}
