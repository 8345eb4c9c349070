using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>
/// The decisions of mails that are being delivered: smtpd asks once for each recipient and again at DATA, and gets one answer for all of
/// them. Each is remembered for 60 seconds, within <see cref="Capacity"/> and <see cref="MaxBytes"/>; the oldest leaves. A mail that is not
/// remembered is screened again, which does no harm.
/// </summary>
internal sealed class PolicyInstances(TimeProvider time)
{
    /// <summary>Mails that are remembered at once.</summary>
    public const int Capacity = 10_000;

    /// <summary>
    /// What all that is remembered may take. An ordinary mail takes about 1 kB; one request may have 32 kB, all of it in the texts that a
    /// decision refers to.
    /// </summary>
    public const long MaxBytes = 16 * 1024 * 1024;

    // The mail's key, its decision, their places in dictionary and list.
    private const int FixedBytes = 1024;

    /// <summary>How long a mail is remembered after its first request.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly AgedTable<MailKey, Kept> _mails = new(time);
    private long _bytes;

    /// <summary>Mails that are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _mails.Count;
        }
    }

    /// <summary>About how much memory they take.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The mail's decision; false if it is not known yet.</summary>
    public bool TryFind(in MailKey key, out Decision decision)
    {
        lock (_lock)
        {
            MakeRoom(0);
            _mails.TryGet(key, out var kept);
            var screened = kept.Mail?.Decided is { IsCompletedSuccessfully: true } made ? made.Result : default(Decision?);
            var found = kept.Decision ?? screened;
            decision = found.GetValueOrDefault();
            return found is not null;
        }
    }

    /// <summary>Remembers a decision that came at once. Costs no memory while mails come and go.</summary>
    /// <returns>False if the mail is remembered already.</returns>
    public bool TryAdd(in MailKey key, in Decision decision)
    {
        lock (_lock)
        {
            if (_mails.TryGet(key, out _))
                return false;
            Put(key, new Kept(decision, Mail: null, FixedBytes));
            return true;
        }
    }

    /// <summary>The mail's place; a new one if it has none yet, or an old one.</summary>
    /// <param name="textLength">Characters of the request's texts that its decision refers to.</param>
    public Mail Of(in MailKey key, int textLength)
    {
        lock (_lock)
        {
            MakeRoom(0);
            var isKept = _mails.TryGet(key, out var kept);
            if (kept.Mail is { } known)
                return known;
            var mail = new Mail(kept.Decision is { } decision ? Task.FromResult(decision) : null);
            if (isKept)
                _mails.TryReplace(key, kept with { Mail = mail });
            else
                Put(key, new Kept(Decision: null, mail, FixedBytes + (sizeof(char) * (long)textLength)));
            return mail;
        }
    }

    private void Put(in MailKey key, in Kept kept)
    {
        MakeRoom(kept.Bytes);
        _mails.Put(key, kept);
        _bytes += kept.Bytes;
    }

    // Removes what is too old, and the oldest until one mail more fits.
    private void MakeRoom(long bytes)
    {
        while (_mails.TryGetOldest(out var oldest, out var kept, out var age)
            && (age >= Life || (bytes > 0 && (_mails.Count >= Capacity || _bytes + bytes > MaxBytes))))
        {
            _mails.Remove(oldest);
            _bytes -= kept.Bytes;
        }
    }

    // Decision: of a mail that was decided at once. Mail: null until somebody has to wait for a decision, or looks for the trace.
    private readonly record struct Kept(Decision? Decision, Mail? Mail, long Bytes);

    /// <summary>One mail on its way in.</summary>
    /// <param name="decision">Its decision, if it has one.</param>
    internal sealed class Mail(Task<Decision>? decision)
    {
        private readonly Lock _lock = new();
        private Task<Decision>? _decision = decision;
        private int _traced;

        /// <summary>The mail's decision, which may be in the making; null: nobody has asked for one.</summary>
        public ValueTask<Decision>? Decided => Volatile.Read(ref _decision) is { } decision ? new ValueTask<Decision>(decision) : null;

        /// <summary>The mail's decision; the first to ask has it made, others wait for the same one.</summary>
        public Task<Decision> DecideAsync(Func<Task<Decision>> decide)
        {
            lock (_lock)
                return _decision ??= decide();
        }

        /// <summary>True once: a mail gets one header.</summary>
        public bool IsFirstTrace() => Interlocked.Exchange(ref _traced, 1) == 0;
    }
}
