"""Other words for the same thing: synonyms, the commonest words of other languages, and wider terms.

One line is one thing: the word that comparisons use, then what else may stand for it. Only words that
mean nothing else in an English answer are in, so that the tables can be used without knowing an
answer's language. They hold what profiles and pictures are made of; they are no dictionary.
"""

from s_mllmun_bench.judging.lexicon import table

WORDS = table(
    """
    yes: si senora, oui, jawohl, igen, 是的, 有的, 是, да
    no: nein, nao, нет, 没有, 不是, nessuno, kein, keine, keinen, ninguno, ninguna, aucun, aucune
    female: ms, mrs, madam, woman, women, lady, girl, feminine, mujer, femme, frau, donna,
        mulher, weiblich, femenino,
        femenina,
        feminin, femminile, feminino, 女性, 女人, 女士, 女, женщина, женский
    male: mr, sir, man, men, gentleman, boy, masculine, guy, hombre, homme, uomo, homem, mannlich, masculino,
        masculin, maschile, 男性, 男人, 男士, 男, мужчина, мужской
    black: raven, jet black, ebony, negro, negra, noir, noire, noirs, schwarz, schwarze, schwarzes, nero,
        neri, preto, pretos, 黑色, 黑, черный, черные
    brown: brunette, brunet, chestnut, chocolate, hazel brown, marron, marrones, castano, castana, brun,
        brune, bruns, braun, braune, braunes, castani, castanho, castanhos, 棕色, 褐色, 棕, коричневый
    blond: blonde, golden, flaxen, fair haired, yellowish blond, rubio, rubia, blondes, blondes haar,
        biondo, biondi, loiro, loiros, 金色, platinum, sandy, 金发, 金黄色, русый, светлые волосы
    red: copper, coppery, crimson, scarlet, ruby, maroon, burgundy, ginger, auburn, rojo, roja, rouge,
        rouges, rote, roter,
        rotes, rosso, rossa, vermelho, vermelha, pelirrojo, roux, 红色, 红, красный, красная
    gray: salt and pepper, silver, silvery, ash gray, slate, gris, grau, graue, graues, grigio, grigi,
        cinza, 灰色, 灰, серый
    white: ivory, snow white, blanco, blanca, blanc, blanche, weiss, weisse, bianco, branco, 白色, 白, белый
    blue: navy, azure, cobalt, turquoise, cyan, teal, azul, bleu, bleue, blau, blaue, blauer, blu,
        蓝色, 蓝, синий, голубой
    green: olive green, emerald, lime, verde, vert, verte, grun, grune, 绿色, 绿, зеленый
    yellow: amarillo, amarilla, jaune, gelb, gelbe, giallo, amarelo, 黄色, 黄, желтый
    purple: violet, lilac, lavender, mauve, magenta, morado, morada, purpura, lila, violett, viola, roxo,
        紫色, 紫, фиолетовый
    orange: naranja, anaranjado, arancione, laranja, 橙色, 橘色, оранжевый
    pink: rosy, rosado, rosada, 粉色, 粉红色, розовый
    pale: fair skinned, porcelain, palido, palida, blass, pallido, 苍白
    light: fair, claro, clara, clair, claire, hell, helle, chiaro, 浅色
    tan: tanned, bronzed, sun kissed, bronceado, bronceada, bronze, gebraunt, 小麦色
    dark: deep brown, ebony skin, oscuro, oscura, fonce, foncee, dunkel, dunkle, scuro, 深色
    short: pixie cut, buzz cut, crew cut, bob, bobbed, trimmed close, cropped, close cut, short cut, corto,
        corta, cortos, courts, court, kurz, kurze, kurzes, corti,
        curto, 短发, 短
    long: waist length, past the shoulders, below the shoulders, down to the waist, down the back,
        over the shoulders, to the shoulders, ponytail, shoulder length,
        flowing, largo, larga, lange, langes, lunghi, longo, 长发, 长
    curly: frizzy, coils, coily, afro, curls, curled, ringlets, wavy, rizado, rizados, boucles, lockig,
        ricci, 卷发, 卷
    bald: shaved head, hairless, balding, no hair, calvo, chauve, glatze, 秃头
    straight: sleek, liso, lisos, lisses, glatt, 直发
    beard: hair on the chin, whiskers, unshaven, bearded, goatee, stubble, barba, barbe, bart, 胡须, 胡子
    moustache: hair on the upper lip, hair above the lip, mustache, mustached, moustached, bigote,
        schnurrbart, baffi, bigode, 八字胡
    glasses: bespectacled, framed lenses, spectacles, eyeglasses, sunglasses, eyewear, specs, gafas, lentes,
        lunettes, brille, occhiali,
        oculos, 眼镜
    earrings: ear studs, ear rings, ear jewelry, ear jewellery, jewelry in the ears, hoops, studs, eardrops,
        pendientes, aretes, boucles d'oreilles, ohrringe,
        orecchini, brincos, 耳环
    hat: cap, beanie, beret, headgear, headwear, sombrero, chapeau, hut tragt, cappello, chapeu, 帽子
    smile: cheerful expression, happy expression, looks happy, showing teeth, grin, grins, grinning,
        beaming, laugh, laughing, turned up, smirk, sonrie, sonrisa, souriant,
        sourit, sourire, lachelt, lacheln, sorride, sorridente, 微笑, 笑
    clothes: clothing, garment, outfit, attire
    background: backdrop, behind
    calm: relaxed, serene, composed, tranquil, peaceful, placid
    neutral: expressionless, impassive, blank
    happy: cheerful, joyful, glad, merry
    sad: unhappy, sorrowful, melancholy, gloomy
    angry: furious, cross, mad
    one: uno, eine, einen, ein, 一个, 一颗, 一
    two: dos, deux, zwei, due, dois, 两个, 两颗, 二, 两
    three: tres, trois, drei, tre, 三个, 三颗, 三
    four: cuatro, quatre, vier, quattro, quatro, 四个, 四颗, 四
    five: cinco, cinq, funf, cinque, 五个, 五
    six: seis, sechs, 六个, 六
    folded: closed, shut, furled
    color: colour, coloured, colored
    stargazing: watching stars, watching the stars, watch the stars, looking at stars, looking at the stars,
        watches the stars, observing the stars, gazing at the stars
    bird watching: birdwatching, birding, watches birds, observing birds, ornithology
    archery: bow and arrow, shooting arrows, shoots arrows
    hiking: trekking, hill walking, rambling, hikes, long walks
    cycling: bicycling, biking, riding bicycles, riding a bicycle, rides a bike, riding bikes
    collecting stamps: stamp collecting, philately, collects stamps
    keeping bees: apicultura, imkerei, beekeeping, apiculture, bee keeping
    pottery: ceramics, throwing pots
    snorkelling: snorkeling
    yodelling: yodeling
    watercolors: watercolours, watercolor painting, watercolour painting, painting in watercolors, aquarelle
    folding paper: origami, paper folding
    carving wood: wood carving, woodcarving, whittling
    making candles: candle making, candlemaking
    making soap: soap making, soapmaking
    growing roses: rose growing, cultivating roses, cultivates roses
    embroidery: needlework
    quilting: making quilts, patchwork
    ice skating: skating on ice, iceskating
    table tennis: ping pong, ping-pong
    running marathons: marathon running, marathons
    writing poems: writing poetry, poetry writing, writes poetry, composing poems
    reading comics: comic books, reads comic books, reading comic books, comics
    diving: scuba diving, scuba
    jazz piano: piano jazz, jazz on the piano
    opera: operatic arias, operas
    dogs: dog, hounds
    karate: karate martial art
    """
)

TRADES = table(
    """
    accountant: bookkeeper, accounting, auditor, cpa, contador, contable, comptable, buchhalter, 会计
    actor: actress, stage performer, acteur, schauspieler, 演员
    archaeologist: archeologist, archaeology, arqueologo, archaologe, 考古学家
    architect: architecture, arquitecto, architecte, architekt, 建筑师
    baker: bakes bread, bakery, panadero, panadera, boulanger, boulangere, backer, 面包师
    barber: hairdresser, hair stylist, peluquero, coiffeur, friseur, 理发师
    beekeeper: apiarist, keeper of bees, keeps bees, apicultor, apiculteur, imker, 养蜂人
    butcher: carnicero, boucher, 屠夫
    carpenter: joiner, woodworker, carpintero, charpentier, menuisier, tischler, 木匠
    cartographer: map maker, mapmaker, makes maps, draws maps, cartografo, cartographe, kartograf, 制图师
    chemist: quimico, chimiste, chemiker, 化学家
    cook: chef, cocinero, cocinera, cuisinier, 厨师
    cobbler: shoemaker, zapatero, cordonnier, 鞋匠
    dentist: dental surgeon, dentista, dentiste, zahnarzt, zahnarztin, 牙医
    detective: investigator, sleuth, detektiv, 侦探
    dietitian: dietician, nutritionist, nutricionista, dieteticienne, 营养师
    economist: economista, economiste, okonom, 经济学家
    editor: redakteur, redacteur, 编辑
    electrician: electricista, electricien, elektriker, 电工
    engineer: engineering, ingeniero, ingeniera, ingenieur, ingegnere, 工程师
    farmer: agriculturist, runs a farm, granjero, agricultor, agriculteur, landwirt, 农民
    firefighter: fireman, fire fighter, bombero, pompier, feuerwehrmann, 消防员
    fisher: fisherman, angler by trade, pescador, pecheur, 渔民
    florist: flower seller, sells flowers, florista, fleuriste, floristin, 花店
    gardener: horticulturist, jardinero, jardinera, jardinier, gartner, gartnerin, 园丁
    historian: historiador, historien, historiker, 历史学家
    interpreter: interprete, dolmetscher, 口译
    jeweller: jeweler, jewelry maker, joyero, bijoutier, juwelier, 珠宝商
    journalist: reporter, newspaper writer, periodista, journaliste, giornalista, 记者
    judge: magistrate, jurist on the bench, juez, jueza, juge, richterin, giudice, 法官
    lawyer: attorney, solicitor, barrister, counsel, advocate, jurist, legal practitioner, practises law,
        practices law, abogado, abogada, avocat, avocate, anwalt, anwaltin, rechtsanwalt, avvocato, 律师
    librarian: bibliotecario, bibliotecaria, bibliothecaire, bibliothekar, bibliothekarin, 图书管理员
    locksmith: cerrajero, serrurier, schlosser, 锁匠
    mechanic: car mechanic, mecanico, mecanicien, mechaniker, 机械师, 技工
    meteorologist: weather forecaster, weatherman, 气象学家
    midwife: birth attendant, obstetric nurse, delivers babies,
        partera, comadrona, sage femme, hebamme, 助产士
    miner: minero, mineur, bergmann, 矿工
    musician: musico, musicien, musiker, 音乐家
    novelist: writes novels, writer of novels, romancier, novelista, 小说家
    nurse: registered nurse, nursing, enfermera, enfermero, infirmiere, infirmier, krankenschwester,
        krankenpfleger, infermiera, 护士
    optician: optometrist, optico, opticien, optiker, 验光师
    painter: artist who paints, paints pictures, pintor, pintora, peintre, maler, malerin, pittore, 画家
    paramedic: ambulance worker, rettungssanitater, ambulancier, 急救员
    pharmacist: druggist, apothecary, farmaceutico, pharmacien, pharmacienne, apotheker, apothekerin, 药剂师
    photographer: takes photographs, fotografo, fotografa, photographe, fotograf, fotografin, 摄影师
    physicist: fisico, physicien, physiker, 物理学家
    pilot: aviator, flies planes, flies aeroplanes, piloto, pilote, 飞行员
    plumber: pipefitter, fontanero, plombier, klempner, idraulico, 水管工
    poet: writes poetry, poeta, poete, dichter, 诗人
    potter: ceramist, ceramicist, alfarero, potier, topfer, 陶工
    sailor: seaman, seafarer, mariner, marinero, matrose, seemann, 水手
    sculptor: carver of statues, escultor, escultora, sculpteur, bildhauer, bildhauerin, 雕塑家
    shepherd: herder, sheep herder, pastor de ovejas, 牧羊人
    shipbuilder: shipwright, builds ships, boat builder, 造船
    stonemason: mason, stone cutter, cantero, steinmetz, 石匠
    surgeon: surgery,
        cirujano, cirujana, chirurgien, chirurgienne, chirurg, chirurgin, chirurgo, 外科医生, 外科
    surveyor: land surveyor, agrimensor, geometre, vermesser, 测量师
    tailor: dressmaker, seamstress, sastre, couturier, schneiderin, sarto, 裁缝
    teacher: schoolteacher, educator, teaches at a school, teaches children, maestra, profesor, profesora,
        professeur, lehrer, lehrerin, insegnante, 教师, 老师
    translator: traductor, traductora, traducteur, traductrice, ubersetzer, ubersetzerin, traduttore, 翻译
    veterinarian: vet, animal doctor, veterinary surgeon, veterinario, veterinaria, veterinaire, tierarzt,
        tierarztin, 兽医
    vintner: winemaker, wine maker, wine grower, viticultor, vigneron, winzer, 酿酒师
    watchmaker: horologist, relojero, horloger, uhrmacher, 钟表匠
    weaver: tejedor, tejedora, tisserand, 织工
    welder: soldador, soudeur, schweisser, 焊工
    zookeeper: zoo keeper, 动物园管理员
    postal worker: mail carrier, mailman, postman, letter carrier, delivers mail, delivers letters
    film director: movie director, filmmaker, directs films, directs movies, makes films
    ski instructor: skiing teacher, teaches skiing, ski teacher, skiing instructor, teaches people to ski
    crane operator: operates a crane, operates cranes, crane driver
    choir leader: choirmaster, choir director, choir conductor, conducts a choir, leads a choir
    radio host: radio presenter, radio announcer, hosts a radio show, disc jockey
    cabinet maker: furniture maker, makes cabinets, makes furniture
    ballet dancer: ballerina, dances ballet, dancer in a ballet
    train driver: locomotive driver, engine driver, drives trains, drives a train, train operator
    harbour pilot: harbor pilot, port pilot
    bus driver: drives a bus, drives buses, conducteur de bus, busfahrer, 公交司机
    brewer: makes beer, beer maker, brewmaster
    orchardist: fruit grower, grows fruit
    glassblower: glass blower, blows glass
    bookbinder: binds books
    clockmaker: clock maker, makes clocks
    goldsmith: works with gold, gold worker
    arborist: tree surgeon, tree expert
    lifeguard: rescue swimmer, socorrista, bademeister
    zookeeper: takes care of zoo animals, cares for zoo animals
    calligrapher: calligraphy artist
    acrobat: gymnast in a circus, trapeze artist
    driver: chauffeur, conductor de, conducteur, fahrer, 司机
    """
)

WIDER = table(
    """
    surgeon dentist veterinarian: doctor, physician, medic, medical professional, medical doctor, medico
    nurse midwife paramedic pharmacist optician dietitian surgeon dentist: healthcare worker, health worker,
        medical worker, healthcare professional, works in medicine, works in healthcare, works in a
        hospital, medical staff,
        works in the medical field, health professional
    teacher librarian: works in education, educator
    lawyer judge: works in the legal field, legal professional, works in law, jurist, legal work
    anthropologist archaeologist astronomer biologist botanist chemist economist geologist historian
        mathematician meteorologist physicist: scientist, researcher, scholar, academic
    cellist organist violinist composer musician: musician, music, artist, instrumentalist
    painter sculptor illustrator calligrapher engraver photographer potter: artist, works in art
    novelist poet journalist editor translator: writer, author, works with words
    acrobat clown magician puppeteer ballet: entertainer, performer, artist, circus performer
    driver pilot: works in transport, transport worker
    baker butcher brewer cook: food worker, works with food
    carpenter blacksmith bookbinder clockmaker cobbler glassblower goldsmith: craftsman,
        craftsperson, artisan, craftswoman
    jeweller locksmith potter stonemason tailor upholsterer watchmaker weaver cabinet: craftsman,
        craftsperson, artisan, craftswoman
    bricklayer roofer plumber electrician welder crane: builder, construction worker, tradesman
    arborist beekeeper farmer forester gardener orchardist shepherd vintner: works on the land, grower
    sailor fisher diver shipbuilder: works at sea, seafarer, seaman
    """
)

FINDINGS = table(
    """
    photograph: photo, photography, fundus picture, foto, fotografia, photographie, aufnahme, 照片
    angiogram: angiography, angiographic, fluorescence imaging, angiographie, angiografia, 血管造影
    fluorescein: fluorescent dye, fluoresceina, fluoresceine, 荧光素
    color: 彩色
    red free: 无赤光
    optical coherence tomography: 光学相干断层扫描, 光学相干断层成像, 光学相干断层
    ultrasound: 超声
    histopathology slide: 组织病理切片, 病理切片
    fundus: ocular fundus, back of the eye, augenhintergrund, fondo de ojo, fond d'oeil, 眼底
    histopathology: pathology, histology, histological, histopathologic, histologic, pathologic
    hemorrhages: bleeding, bleedings, bleed, bleeds, hemorrhage, hemorrhagic, hemorragias, blutungen, 出血
    drusen: yellow deposits, yellowish deposits, drusenoid, druses, drusas, 玻璃膜疣
    cotton wool spots: 棉絮斑, nerve fiber layer infarcts, fluffy white patches, fluffy white spots
    cotton wool: cotton-wool, soft exudates, exsudats cotonneux, cottonwool
    glaucomatous cupping: glaucoma cupping, enlarged optic cup, optic nerve cupping, cupping from glaucoma,
        enlarged cup, enlarged cup-to-disc ratio, glaucomatous damage, glaucoma, 青光眼
    optic disc edema: papilledema, swollen optic disc, optic disc swelling, swelling of the optic disc,
        optic disk edema, swollen disc, optic nerve head swelling, edema of the optic disc
    optic disc edema: 视盘水肿, 视乳头水肿, swollen optic nerve, swollen optic nerve head
    edema: 水肿, swelling, swollen
    nevus: naevus, freckle, mole, 痣
    melanoma: melanom, melanome, 黑色素瘤
    choroidal: choroid, uveal, 脉络膜
    detachment: detached, desprendimiento, decollement, ablosung, netzhautablosung, 脱离
    occlusion: occluded, blockage, blocked, obstruction, obstructed, closure, verschluss, 阻塞
    laser scars: laser burns, photocoagulation scars, laser spots, photocoagulation marks, laser marks,
        激光瘢痕, 激光斑
    macular hole: hole in the macula, hole of the macula, foramen of the macula, 黄斑裂孔
    vein: venous, veins, 静脉
    artery: arterial, 动脉
    retinal: retina, 视网膜
    mild: slight, minor, light grade, leicht, leve, leger, legere, 轻度
    severe: serious, heavy, marked, pronounced, extensive, schwer, grave, severo, 重度, 严重
    moderate: medium, intermediate, 中度
    superior: upper, above, upwards, 上方
    inferior: lower, below, 下方
    temporal: temple side, toward the temple, 颞侧
    nasal: nose side, toward the nose, 鼻侧
    normal: healthy, unremarkable, normal looking, no abnormalities, no abnormality, without findings,
        no pathology, no pathological, no disease, no signs of disease, nothing abnormal, 正常
    """
)
