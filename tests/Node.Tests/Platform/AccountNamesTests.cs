using Screening.Node.Platform;

namespace Screening.Node.Tests.Platform;

public sealed class AccountNamesTests
{
    [Fact]
    public void This_process_has_a_user() => Assert.Equal(Environment.UserName, AccountNames.OwnUser());

    [Fact]
    public void A_user_without_a_name_is_its_number() => Assert.Equal("uid 4294967294", AccountNames.OfUser(4294967294));
}
