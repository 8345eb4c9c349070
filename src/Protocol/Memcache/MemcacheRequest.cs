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

    /// <summary>The command.</summary>
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

    /// <summary>Seconds, or from 30 days on seconds since 1970; 0: it never expires; negative: it has expired already.</summary>
    public long ExpireTime { get; private init; }

    /// <summary>Length of the data block, without the line end that follows it; -1: the command has none.</summary>
    public long DataBytes { get; private init; }

    /// <summary>No reply is wanted.</summary>
    public bool IsSilent { get; private init; }

    /// <summary>Reads a line, given without its line end. Any bytes give a request, perhaps an unknown or malformed one.</summary>
    public static MemcacheRequest Parse(ReadOnlySpan<byte> line)
    {
        var tokens = new MemcacheTokens(line);
        var name = tokens.Next();
        var command = CommandOf(name);
        return command switch
        {
            MemcacheCommand.Unknown => Plain(command, name),
            MemcacheCommand.Get or MemcacheCommand.Gets => ParseRetrieval(command, tokens.Rest),
            MemcacheCommand.Set or MemcacheCommand.Add or MemcacheCommand.Replace => ParseStorage(command, tokens),
            MemcacheCommand.OtherStorage => ParseStorage(command, tokens),
            MemcacheCommand.Delete => ParseDelete(tokens),
            MemcacheCommand.Touch => ParseTouch(tokens),
            MemcacheCommand.Stats => Plain(command, tokens.Next()),
            MemcacheCommand.Verbosity => ParseVerbosity(tokens),
            _ => Plain(command),
        };
    }

    // The commands that postscreen sends stand first.
    private static MemcacheCommand CommandOf(ReadOnlySpan<byte> word) => word switch
    {
        _ when word.SequenceEqual("get"u8) => MemcacheCommand.Get,
        _ when word.SequenceEqual("set"u8) => MemcacheCommand.Set,
        _ when word.SequenceEqual("delete"u8) => MemcacheCommand.Delete,
        _ when word.SequenceEqual("gets"u8) => MemcacheCommand.Gets,
        _ when word.SequenceEqual("add"u8) => MemcacheCommand.Add,
        _ when word.SequenceEqual("replace"u8) => MemcacheCommand.Replace,
        _ when word.SequenceEqual("append"u8) || word.SequenceEqual("prepend"u8) || word.SequenceEqual("cas"u8) =>
            MemcacheCommand.OtherStorage,
        _ when word.SequenceEqual("touch"u8) => MemcacheCommand.Touch,
        _ when word.SequenceEqual("version"u8) => MemcacheCommand.Version,
        _ when word.SequenceEqual("stats"u8) => MemcacheCommand.Stats,
        _ when word.SequenceEqual("verbosity"u8) => MemcacheCommand.Verbosity,
        _ when word.SequenceEqual("flush_all"u8) => MemcacheCommand.FlushAll,
        _ when word.SequenceEqual("mn"u8) => MemcacheCommand.MetaNoOp,
        _ when word.SequenceEqual("quit"u8) => MemcacheCommand.Quit,
        _ when word.SequenceEqual("incr"u8) || word.SequenceEqual("decr"u8) => MemcacheCommand.NotOffered,
        _ when word.SequenceEqual("gat"u8) || word.SequenceEqual("gats"u8) => MemcacheCommand.NotOffered,
        _ => MemcacheCommand.Unknown,
    };

    private static MemcacheRequest Plain(MemcacheCommand command, ReadOnlySpan<byte> keys = default) =>
        new(command, keys) { IsWellFormed = true, DataBytes = -1 };

    // As in memcached: with anything but one level it is not a command at all.
    private static MemcacheRequest ParseVerbosity(MemcacheTokens tokens)
    {
        var rest = tokens.Rest;
        var isCommand = TryNumber(tokens.Next(), out _) && EndsAfterNoReply(tokens.Next(), tokens);
        return new MemcacheRequest(isCommand ? MemcacheCommand.Verbosity : MemcacheCommand.NotOffered, default)
        {
            IsWellFormed = true,
            DataBytes = -1,
            IsSilent = isCommand && EndsSilent(rest),
        };
    }

    private static MemcacheRequest ParseRetrieval(MemcacheCommand command, ReadOnlySpan<byte> keys)
    {
        var tokens = new MemcacheTokens(keys);
        var count = 0;
        var fit = true;
        for (var key = tokens.Next(); !key.IsEmpty; key = tokens.Next())
        {
            count++;
            fit &= IsKey(key);
        }

        return new MemcacheRequest(command, keys) { IsWellFormed = count > 0 && fit, DataBytes = -1 };
    }

    private static MemcacheRequest ParseStorage(MemcacheCommand command, MemcacheTokens tokens)
    {
        var key = tokens.Next();
        var isGood = IsKey(key);
        isGood &= TryNumber(tokens.Next(), out var flags) && flags is >= 0 and <= uint.MaxValue;
        isGood &= TryNumber(tokens.Next(), out var expires);
        var hasLength = TryNumber(tokens.Next(), out var bytes) && bytes is >= 0 and <= int.MaxValue;
        return new MemcacheRequest(command, key)
        {
            // Without a length nobody can tell where the data ends; with one it can be stepped over.
            IsWellFormed = isGood && hasLength,
            Flags = isGood ? (uint)flags : 0,
            ExpireTime = expires,
            DataBytes = hasLength ? bytes : -1,
            IsSilent = EndsSilent(tokens.Rest),
        };
    }

    private static MemcacheRequest ParseDelete(MemcacheTokens tokens)
    {
        var key = tokens.Next();
        var rest = tokens.Rest;

        // An old form has a time, which must be 0.
        var next = tokens.Next();
        if (next.SequenceEqual("0"u8))
            next = tokens.Next();
        var isGood = IsKey(key) && EndsAfterNoReply(next, tokens);
        return new MemcacheRequest(MemcacheCommand.Delete, key) { IsWellFormed = isGood, DataBytes = -1, IsSilent = EndsSilent(rest) };
    }

    private static MemcacheRequest ParseTouch(MemcacheTokens tokens)
    {
        var key = tokens.Next();
        var isGood = IsKey(key) & TryNumber(tokens.Next(), out var expires);
        return new MemcacheRequest(MemcacheCommand.Touch, key)
        {
            IsWellFormed = isGood,
            ExpireTime = expires,
            DataBytes = -1,
            IsSilent = EndsSilent(tokens.Rest),
        };
    }

    private static bool IsKey(ReadOnlySpan<byte> word) =>
        word.Length is > 0 and <= MaxKeyBytes && !word.ContainsAnyInRange((byte)0, (byte)' ') && !word.Contains((byte)0x7f);

    private static bool TryNumber(ReadOnlySpan<byte> word, out long number) =>
        Utf8Parser.TryParse(word, out number, out var read) && read == word.Length;

    private static bool EndsAfterNoReply(ReadOnlySpan<byte> next, MemcacheTokens tokens) =>
        (next.IsEmpty || next.SequenceEqual("noreply"u8)) && tokens.Next().IsEmpty;

    private static bool EndsSilent(ReadOnlySpan<byte> rest) => rest.TrimEnd((byte)' ').EndsWith("noreply"u8);
}
