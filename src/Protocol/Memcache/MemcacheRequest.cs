using System.Buffers.Text;

namespace Screening.Protocol.Memcache;

/// <summary>One command line of memcached's text protocol, read in place. The data block of a storage command follows it.</summary>
/// <remarks>
/// <code>
/// get|gets KEY [KEY...]
/// set|add|replace|append|prepend KEY FLAGS EXPTIME BYTES [noreply]        cas: ... BYTES UNIQUE [noreply]
/// delete KEY [noreply]         touch KEY EXPTIME [noreply]
/// version | stats [...] | verbosity LEVEL [noreply] | flush_all [...] | mn | quit | incr|decr|gat|gats ...
/// </code>
/// Source: memcached, doc/protocol.txt. postscreen sends get, set and delete only (Postfix, dict_memcache.c).
/// </remarks>
public readonly ref struct MemcacheRequest
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxKeyBytes = 250;

    private MemcacheRequest(MemcacheCommand command, ReadOnlySpan<byte> keys)
    {
        Command = command;
        Keys = keys;
    }

    public MemcacheCommand Command { get; private init; }

    /// <summary>False if the command is known but its arguments are not valid. Answered with <c>CLIENT_ERROR</c>.</summary>
    public bool IsWellFormed { get; private init; }

    /// <summary>
    /// The keys of get and gets, separated by spaces; the one key of the others; the kind that stats is asked for; of an unknown command
    /// its own name.
    /// </summary>
    public ReadOnlySpan<byte> Keys { get; private init; }

    /// <summary>What is to be handed back with the value.</summary>
    public uint Flags { get; private init; }

    /// <summary>Seconds, or from 30 days on seconds since 1970; 0: for ever; negative: over already.</summary>
    public long ExpireTime { get; private init; }

    /// <summary>Length of the data block, without the line end that follows it; -1: the command has none.</summary>
    public long DataBytes { get; private init; }

    /// <summary>No reply is wanted.</summary>
    public bool IsSilent { get; private init; }

    /// <summary>Reads a line, given without its line end. Any bytes give a request, perhaps an unknown or malformed one.</summary>
    public static MemcacheRequest Parse(ReadOnlySpan<byte> line)
    {
        var words = new MemcacheWords(line);
        var name = words.Next();
        var command = CommandOf(name);
        return command switch
        {
            MemcacheCommand.Unknown => Plain(command, name),
            MemcacheCommand.Get or MemcacheCommand.Gets => Retrieval(command, words.Rest),
            MemcacheCommand.Set or MemcacheCommand.Add or MemcacheCommand.Replace or MemcacheCommand.OtherStorage => Storage(command, words),
            MemcacheCommand.Delete => KeyOnly(words),
            MemcacheCommand.Touch => Touch(words),
            MemcacheCommand.Stats => Plain(command, words.Next()),
            MemcacheCommand.Verbosity => Verbosity(words),
            _ => Plain(command),
        };
    }

    private static MemcacheCommand CommandOf(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("get"u8) => MemcacheCommand.Get,
        _ when word.SequenceEqual("set"u8) => MemcacheCommand.Set,
        _ when word.SequenceEqual("delete"u8) => MemcacheCommand.Delete,
        _ when word.SequenceEqual("gets"u8) => MemcacheCommand.Gets,
        _ when word.SequenceEqual("add"u8) => MemcacheCommand.Add,
        _ when word.SequenceEqual("replace"u8) => MemcacheCommand.Replace,
        _ when word.SequenceEqual("append"u8) || word.SequenceEqual("prepend"u8) || word.SequenceEqual("cas"u8) => MemcacheCommand.OtherStorage,
        _ when word.SequenceEqual("touch"u8) => MemcacheCommand.Touch,
        _ when word.SequenceEqual("version"u8) => MemcacheCommand.Version,
        _ when word.SequenceEqual("stats"u8) => MemcacheCommand.Stats,
        _ when word.SequenceEqual("verbosity"u8) => MemcacheCommand.Verbosity,
        _ when word.SequenceEqual("flush_all"u8) => MemcacheCommand.FlushAll,
        _ when word.SequenceEqual("mn"u8) => MemcacheCommand.MetaNoOp,
        _ when word.SequenceEqual("quit"u8) => MemcacheCommand.Quit,
        _ when word.SequenceEqual("incr"u8) || word.SequenceEqual("decr"u8) || word.SequenceEqual("gat"u8) || word.SequenceEqual("gats"u8) =>
            MemcacheCommand.NotOffered,
        _ => MemcacheCommand.Unknown,
    };

    private static MemcacheRequest Plain(MemcacheCommand command, ReadOnlySpan<byte> keys = default) =>
        new(command, keys) { IsWellFormed = true, DataBytes = -1 };

    // As in memcached: with anything but one level it is not a command at all.
    private static MemcacheRequest Verbosity(MemcacheWords words)
    {
        var rest = words.Rest;
        var isCommand = TryNumber(words.Next(), out _) && words.Next() is var next && (next.IsEmpty || next.SequenceEqual("noreply"u8)) && words.Next().IsEmpty;
        return new MemcacheRequest(isCommand ? MemcacheCommand.Verbosity : MemcacheCommand.NotOffered, default)
        {
            IsWellFormed = true,
            DataBytes = -1,
            IsSilent = isCommand && EndsSilent(rest),
        };
    }

    private static MemcacheRequest Retrieval(MemcacheCommand command, ReadOnlySpan<byte> keys)
    {
        var words = new MemcacheWords(keys);
        var count = 0;
        var fit = true;
        for (var key = words.Next(); !key.IsEmpty; key = words.Next())
        {
            count++;
            fit &= IsKey(key);
        }

        return new MemcacheRequest(command, keys) { IsWellFormed = count > 0 && fit, DataBytes = -1 };
    }

    private static MemcacheRequest Storage(MemcacheCommand command, MemcacheWords words)
    {
        var key = words.Next();
        var isGood = IsKey(key);
        isGood &= TryNumber(words.Next(), out var flags) && flags is >= 0 and <= uint.MaxValue;
        isGood &= TryNumber(words.Next(), out var expires);
        var hasLength = TryNumber(words.Next(), out var bytes) && bytes is >= 0 and <= int.MaxValue;
        return new MemcacheRequest(command, key)
        {
            // Without a length nobody can tell where the data ends; with one it can be stepped over.
            IsWellFormed = isGood && hasLength,
            Flags = isGood ? (uint)flags : 0,
            ExpireTime = expires,
            DataBytes = hasLength ? bytes : -1,
            IsSilent = EndsSilent(words.Rest),
        };
    }

    private static MemcacheRequest KeyOnly(MemcacheWords words)
    {
        var key = words.Next();
        var rest = words.Rest;
        // An old form has a time, which must be 0.
        var next = words.Next();
        if (next.SequenceEqual("0"u8))
            next = words.Next();
        var isGood = IsKey(key) && (next.IsEmpty || next.SequenceEqual("noreply"u8)) && words.Next().IsEmpty;
        return new MemcacheRequest(MemcacheCommand.Delete, key) { IsWellFormed = isGood, DataBytes = -1, IsSilent = EndsSilent(rest) };
    }

    private static MemcacheRequest Touch(MemcacheWords words)
    {
        var key = words.Next();
        var isGood = IsKey(key) & TryNumber(words.Next(), out var expires);
        return new MemcacheRequest(MemcacheCommand.Touch, key)
        {
            IsWellFormed = isGood,
            ExpireTime = expires,
            DataBytes = -1,
            IsSilent = EndsSilent(words.Rest),
        };
    }

    private static bool IsKey(ReadOnlySpan<byte> word) =>
        word.Length is > 0 and <= MaxKeyBytes && !word.ContainsAnyInRange((byte)0, (byte)' ') && !word.Contains((byte)0x7f);

    private static bool TryNumber(ReadOnlySpan<byte> word, out long number) =>
        Utf8Parser.TryParse(word, out number, out var read) && read == word.Length;

    private static bool EndsSilent(ReadOnlySpan<byte> rest) => rest.TrimEnd((byte)' ').EndsWith("noreply"u8);
}
