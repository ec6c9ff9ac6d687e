"""Words that tell language from debris: short English words, and the grammar words of each language.

A long word shows by its letters whether it can be one; a short one does not ("har", "ple"), so the
common short ones are written down. Grammar words tell in which language a text is. No list is meant to
be complete: a text is judged by shares, never by one word.
"""

from s_mllmun_bench.judging.words import word_set

SHORT = word_set(
    """a i ad ah am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we
    able ace ache acid acre act add ado age aged ago aid aim air airy ajar akin ale all ally alms aloe also
    alto
    amid ammo and ant any ape apex apt arc arch area arid arm arms army art arts ash ask atom atop aunt aura
    auto
    avid away awe axe baby back bad bag bait bake bald ball balm ban band bang bank bar bare bark barn base
    bash
    bass bat bath bay beam bean bear beat bed bee beef been beer bees beg bell belt bend bent best bet bid
    big bike
    bill bin bind bird bit bite blot blow blue blur boat body boil bold bolt bomb bond bone book boom boot
    bore
    born boss both bow bowl box boy brew brim bud bulb bulk bull bump burn bury bus bush busy but buy buzz
    cab cafe
    cage cake calf call calm came camp can cane cap cape car card care cart case cash cast cat cave cell
    cent chat
    chef chew chin chip chop city clan clap claw clay clip club clue coal coat code coil coin cold come cook
    cool
    cope copy cord core cork corn cost cot cow cozy crab crew crop cry cube cue cup curb cure curl cut cute
    dad
    dam damp dark data date dawn day dead deaf deal dean dear debt deck deed deep deer demo den deny desk
    dew dial
    dice did die diet dig dim dine dip dirt disc dish disk dive dock dog doll done door dose dot down draw
    drew
    drip drop drug drum dry dual duck due dug duke dull dune duo dusk dust duty dye each ear earn ears ease
    east
    easy eat echo edge eel egg ego eight elf elm else emit end envy epic era even ever evil exam exit eye
    eyed eyes
    face fact fade fail fair fake fall fame fan far farm fast fat fate fawn fear feat fed fee feed feel feet
    fell
    felt few fig file fill film fin find fine fire firm fish fist fit five fix flag flap flat flaw flea fled
    flew
    flip flow flu fly foam fog foil fold folk fond food fool foot for fork form fort foul four fox free from
    fuel
    full fun fund fur fuse gain gala gap gas gate gave gay gaze gear gem gene get gift gig girl give glad
    glow glue
    goal goat god gold golf gone good got gown grab gray grew grey grid grin grip grow guy gym had hair half
    hall
    ham hand hang hard harm harp has hat hate haul have hawk hay haze head heal hear heat heel held hen her
    herb
    here hero hers hid hide high hike hill him hint hip hire his hit hobby hold hole holy home hood hook hop
    hope
    horn hose host hot hour how hub hue hug huge hum hunt hurt hut ice icon icy idea idle idol inch ink inn
    into
    ion iris iron isle item its jail jam jar jaw jazz jet job join joke joy judo jug jump jury just keen
    keep kept
    key kick kid kind king kiss kit kite knee knew knit knot know lab lace lack lad lady laid lake lamb lamp
    land
    lane lap last late law lawn lay lazy lead leaf lean leap led left leg lend lens less let liar lid lie
    life lift
    like limb lime limp line link lion lip lips list live load loaf loan lock log logo lone long look loop
    lord
    lose loss lost lot loud love low luck lung lush mad made maid mail main make male mall man mane many map
    maps
    mark mask mass mat mate math may maze meal mean meat meet melt men menu mere mesh mess met mice mid mild
    mile
    milk mill mind mine mint miss mist mix mode mole monk mood moon moor mop more moss most moth move mow
    much mud
    mug mule must mute nail name nap navy near neat neck need neon nest net new news next nice nine nod none
    noon
    nor nose not note noun now null numb nun nut oak oar oat oath obey odd off oil old olive omit once one
    only
    onto open oral orb ore our out oval oven over owe owl own pack pad page paid pail pain pair pale palm
    pan park
    part pass past pat path pave paw pay pea peak pear peel peer pen per pet pick pie pier pig pile pill pin
    pine
    pink pint pipe pit plan play plea plot plow plug plum plus poem poet pole poll polo pond pony pool poor
    pop
    pore pork port pose post pot pour pray prey pro pub pull pulp pump pun punk pup pure push put quit quiz
    race
    rack raft rag rage rail rain ramp ran rank rare rash rat rate raw ray read real rear red reef rely rent
    rest
    rib rice rich rid ride rim ring riot rip ripe rise risk road roar robe rock rod role roll roof room root
    rope
    rose rosy rot row rows rub rude rug ruin rule run rush rust rye sad safe sage said sail sake sale salt
    same
    sand sang sat save saw say scan scar seal seam seat see seed seek seem seen self sell send sent set sew
    sex
    shed ship shoe shop shot show shut shy sick side sigh sign silk sing sink sip sir sit site six size ski
    skin
    skip sky slab slam slap slim slip slot slow snap snow soap soar sock soda sofa soft soil sold sole solo
    some
    son song soon sore sort soul soup sour spa span spin spit spot spur spy star stay stem step stew stir stop
    such suit sum sun sung sure surf swam swan swap sway swim tab tail take tale talk tall tame tan tank tap
    tape
    tar task taut tax taxi tea team tear teen tell ten tend tent term test text than that the thee them then
    they
    thin this thus tide tidy tie tied ties tile tilt time tin tint tiny tip tire toad toe tofu told toll
    tomb ton
    tone took tool top tops tore torn tour town toy tram trap tray tree trek trim trio trip true try tub
    tube tuck
    tug tuna tune turf turn twin two type ugly unit upon urge urn use used user vain van vary vase vast veil
    vein
    very vest vet via vice view vine visa void vote wage wait wake walk wall want war ward warm warn was
    wash wave
    wavy wax way ways weak wear web week well went were west wet what when whom who why wide wife wig wild
    will
    wind wine wing wink wipe wire wise wish wit with woke wolf won wood wool word wore work worn wrap yard
    yarn
    yawn yeah year yell yen yes yet yoga yolk you your zero zest zone zoo eg ie etc vs tv mr ms dr st jr sr
    usd ex
    onto aha uh um hmm ok yep nope nah pro con cons mia pun jpg png gif http www html com org net ai id www
    pdf
    lies says sees eats goes does pays buys acts ages arts bags bars beds boys cars cats cups dogs eggs feet
    gets
    guys hats jobs keys kids laws legs lets lots maps owns pets pies rays runs sets sits skis sons suns tags
    taps
    tips toys uses wins cms kgs lbs ft in cm mm km kg mph dad's tie tied dyed fed drew knew sang bred teal
    lime
    beau chic fete pho naan miso soy udon feta brie rye tofu roti taco kebab cod eel ham yam kiwi figs dill
    leek
    help info memo bits heap mini tabs spec adds ends days dots puts bugs dump died dies temp hits abs aka sin
    fees sue bias fits axis hail euro toss reap opt edit idk font undo blah alma pops subs asks gunk oily
    flat dash
    ones ukulele banjo lute oboe flute viola tuba alto bass aria waltz jive samba salsa polka ballet opera
    sofa sea u r pls plz bro lol tbh tho owe ill ur imo btw yrs hrs wks"""
)
"""Common English words of up to four letters, and some longer ones; more of it does no harm."""

_GRAMMAR = {
    "spanish": """el los las un una unos es esta son en y de del que por con para su sus se lo le les nacio
        vive
        trabaja persona ella ellos pero como muy mas tiene fue no si esa este o al nombre ciudad lleva""",
    "french": """le les des une est et dans du au aux pour avec sur elle il ils qui que ce cette ne pas son
        sa ses
        nee travaille habite vit a la comme mais tres oui non je suis c'est n'est d'une d'un personne ville
        porte""",
    "german": """der die das ein eine einen einer ist und im in mit von zu den dem des sie er nicht auf
        wurde geboren
        lebt wohnt arbeitet als fur ihr sein seine ihre ja nein hat person dieser diese tragt aus bei""",
    "italian": """il lo gli della di nel nella che per sono nato nata una un e la le vive lavora come con
        suo sua
        persona ha non si questa questo abita anche molto porta""",
    "portuguese": """o os as um uma em na no nas nos do da dos das com seu sua nao nasceu mora trabalha como
        para
        que ele ela pessoa tem foi e esta este sim cidade usa numa num perto pela pelo rua""",
    "dutch": """de het een van en is niet in op met voor zijn haar geboren woont werkt als bij naar deze
        persoon ja
        nee heeft dat hij zij geef dit alsjeblieft alstublieft""",
    "polish": """jest w i na nie sie to z do urodzil urodzila mieszka pracuje jako ta ten osoba tak ma""",
    "swedish": """ar och i en ett som pa inte den det har fodd bor arbetar av med till han hon ja nej""",
    "turkish": """bir ve bu da de icin olarak dogdu yasiyor calisiyor kisi evet hayir degil""",
    "indonesian": """adalah dan di yang ini itu tidak dengan lahir tinggal bekerja sebagai orang ya dari""",
}
ENGLISH = word_set(
    """the a an of in on at to for with from by into upon during between among and or but because although
    as is
    are was were be been being has have had does did do will would can could should may might must not no he
    she
    it they we you i his her its their our my your him them this that these those who what which where when
    how
    why if so than then there here also very just about up out over under all any some such only own same too
    one's who's it's she's he's they're i'm don't doesn't isn't wasn't can't i've lives works born enjoys
    loves"""
)
"""Grammar words of English, and the commonest verbs of short answers."""
NUMBERS = word_set(
    """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty hundred thousand million"""
)
"""Numbers in words."""
GRAMMAR = {language: word_set(words) - ENGLISH for language, words in _GRAMMAR.items()}
"""Grammar words of other languages in Latin script, without accents and without what is English too."""
